package dialstat.peers;

import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.types.Row;

/** Apache Flink, SQL: a function reads the records, GROUP BY counts, mini-batches of a second let the changes out, in JSON. */
public final class FlinkSql {
    private static final String CALLS = """
            CREATE TABLE calls (body BYTES) WITH (
              'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'properties.group.id' = '%s',
              'properties.isolation.level' = 'read_committed', 'scan.startup.mode' = 'earliest-offset', 'format' = 'raw')""";
    private static final String ACTIONS = """
            CREATE TABLE actions (campaign STRING, event_id STRING, `group` STRING, calling_list STRING, occurred_at BIGINT, action STRING)
            WITH ('connector' = 'kafka', 'key.format' = 'raw', 'key.fields' = 'campaign', 'value.format' = 'json', %s)""";
    private static final String STATISTICS = """
            CREATE TABLE statistics (profile STRING, object_type STRING, object STRING, window_start BIGINT, name STRING, n BIGINT,
              PRIMARY KEY (profile, object_type, object, window_start, name) NOT ENFORCED)
            WITH ('connector' = 'upsert-kafka', 'key.format' = 'json', 'value.format' = 'json', %s)""";
    private static final String SINK = """
            'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'sink.delivery-guarantee' = 'exactly-once',
            'sink.transactional-id-prefix' = '%s', 'properties.transaction.timeout.ms' = '60000',
            'properties.compression.type' = 'lz4', 'properties.linger.ms' = '100'""";
    private static final String CREDITED = """
            CREATE TEMPORARY VIEW credited AS
            SELECT object_type, object, occurred_at, name FROM calls, LATERAL TABLE(credits_of(body))""";
    private static final String ACTIONS_OUT = """
            INSERT INTO actions
            SELECT campaign, event_id, `group`, calling_list, occurred_at, action FROM calls, LATERAL TABLE(actions_of(body))""";
    private static final String WHOLE = """
            INSERT INTO statistics
            SELECT 'tumbling', object_type, object, window_start, name, COUNT(*)
            FROM (SELECT *, occurred_at - MOD(occurred_at, 60000) AS window_start FROM credited)
            GROUP BY object_type, object, window_start, name
            UNION ALL
            SELECT 'hopping', object_type, object, window_start, name, COUNT(*)
            FROM credited, LATERAL TABLE(hops_of(occurred_at))
            GROUP BY object_type, object, window_start, name""";
    private static final String COUNT = """
            INSERT INTO statistics
            SELECT 'tumbling', 'Campaign', campaign, window_start, 'Events', COUNT(*)
            FROM (SELECT campaign, occurred_at - MOD(occurred_at, 60000) AS window_start FROM calls, LATERAL TABLE(campaign_of(body)))
            GROUP BY campaign, window_start""";

    private FlinkSql() {}

    public static void main(String[] arguments) throws Exception {
        Place place = Place.of(arguments);
        StreamExecutionEnvironment environment = FlinkRun.environment(place);
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        tables.getConfig().addConfiguration(Configuration.fromMap(Map.of(
                "table.exec.mini-batch.enabled", "true",
                "table.exec.mini-batch.allow-latency", "1 s",
                "table.exec.mini-batch.size", "50000",
                "table.exec.sink.upsert-materialize", "NONE",
                "table.exec.state.ttl", Duration.ofHours(2).toMillis() + " ms")));
        tables.createTemporarySystemFunction("actions_of", ActionsOf.class);
        tables.createTemporarySystemFunction("credits_of", CreditsOf.class);
        tables.createTemporarySystemFunction("hops_of", HopsOf.class);
        tables.createTemporarySystemFunction("campaign_of", CampaignOf.class);
        tables.executeSql(CALLS.formatted(place.input(), place.bootstrap(), place.prefix() + "app"));
        tables.executeSql(STATISTICS.formatted(SINK.formatted(place.statistics(), place.bootstrap(), place.statistics())));
        StatementSet statements = tables.createStatementSet();
        if (place.whole()) {
            tables.executeSql(ACTIONS.formatted(SINK.formatted(place.actions(), place.bootstrap(), place.actions())));
            tables.executeSql(CREDITED);
            statements.addInsertSql(ACTIONS_OUT);
            statements.addInsertSql(WHOLE);
        } else {
            statements.addInsertSql(COUNT);
        }
        statements.execute().await();
    }

    /** The actions of a record, a row each. */
    @FunctionHint(output = @DataTypeHint(
            "ROW<event_id STRING, campaign STRING, `group` STRING, calling_list STRING, occurred_at BIGINT, action STRING>"))
    public static final class ActionsOf extends TableFunction<Row> {
        public void eval(byte[] body) {
            Call call = Call.read(body);
            int second = Tables.second(call.lead, call.result);
            collect(row(call, Tables.first(call.lead)));
            if (second >= 0) {
                collect(row(call, second));
            }
        }

        private static Row row(Call call, int action) {
            return Row.of(call.eventId, call.campaign, call.group, call.list, call.at, Tables.name(action));
        }
    }

    /** What a record is counted for, a row for each object and action. */
    @FunctionHint(output = @DataTypeHint("ROW<object_type STRING, object STRING, occurred_at BIGINT, name STRING>"))
    public static final class CreditsOf extends TableFunction<Row> {
        public void eval(byte[] body) {
            Call call = Call.read(body);
            int second = Tables.second(call.lead, call.result);
            credit(call, Tables.first(call.lead));
            if (second >= 0) {
                credit(call, second);
            }
        }

        private void credit(Call call, int action) {
            String name = Tables.name(action);
            collect(Row.of("Campaign", call.campaign, call.at, name));
            if (call.group != null) {
                collect(Row.of("CampaignGroup", call.campaign + "@" + call.group, call.at, name));
            }
            collect(Row.of("CallingList", call.list, call.at, name));
            collect(Row.of("CampaignCallingList", call.campaign + "@" + call.list, call.at, name));
        }
    }

    /** The hopping windows that an instant is in; what the planner makes of UNNEST of a constant array is a join that keeps every row. */
    @FunctionHint(output = @DataTypeHint("ROW<window_start BIGINT>"))
    public static final class HopsOf extends TableFunction<Row> {
        public void eval(Long at) {
            for (long start = Window.paneStart(at); start > at - Window.SIZE; start -= Window.PANE) {
                collect(Row.of(start));
            }
        }
    }

    /** Campaign and time of a record. */
    @FunctionHint(output = @DataTypeHint("ROW<campaign STRING, occurred_at BIGINT>"))
    public static final class CampaignOf extends TableFunction<Row> {
        public void eval(byte[] body) {
            Call call = Call.readCampaign(body);
            collect(Row.of(call.campaign, call.at));
        }
    }
}
