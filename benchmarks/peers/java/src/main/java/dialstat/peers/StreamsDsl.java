package dialstat.peers;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;

/** Kafka Streams, DSL: a record for each object and action, grouped, windowed and counted; the cache lets changes out with each commit. */
public final class StreamsDsl {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<byte[]> BYTES = Serdes.ByteArray();
    private static final Duration SIZE = Duration.ofMillis(Window.SIZE);
    private static final Duration LATENESS = Duration.ofHours(1);
    private static final String NAME = "\n";

    private StreamsDsl() {}

    public static void main(String[] arguments) {
        Place place = Place.of(arguments);
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, Call> calls = builder.stream(place.input(), Consumed.with(TEXT, calls(place.whole()))
                .withTimestampExtractor((one, partitionTime) -> ((Call) one.value()).at));
        if (place.whole()) {
            whole(place, calls);
        } else {
            count(place, calls);
        }
        StreamsRun.run(place, place.prefix() + "app", builder.build());
    }

    private static void whole(Place place, KStream<String, Call> calls) {
        calls.flatMapValues(StreamsDsl::actions).to(place.actions(), Produced.with(TEXT, BYTES));
        KGroupedStream<String, byte[]> grouped = calls.flatMap((campaign, call) -> credited(call))
                .groupByKey(Grouped.with("credited", TEXT, BYTES));
        TimeWindows tumbling = TimeWindows.ofSizeAndGrace(SIZE, LATENESS);
        publish(place, grouped, tumbling, Window.TUMBLING);
        publish(place, grouped, tumbling.advanceBy(Duration.ofMillis(Window.PANE)), Window.HOPPING);
    }

    private static void count(Place place, KStream<String, Call> calls) {
        KGroupedStream<String, byte[]> grouped = calls.mapValues(call -> Tally.EMPTY).groupByKey(Grouped.with(TEXT, BYTES));
        grouped.windowedBy(TimeWindows.ofSizeAndGrace(SIZE, LATENESS)).count().toStream()
                .map((key, count) -> {
                    Window window = new Window(Window.TUMBLING, key.window().start());
                    return KeyValue.pair(key.key(), Wire.get().report(StatObject.ofCampaign(key.key()), window, "Events", count));
                })
                .to(place.statistics(), Produced.with(TEXT, BYTES));
    }

    private static void publish(Place place, KGroupedStream<String, byte[]> grouped, TimeWindows windows, String profile) {
        grouped.windowedBy(windows).count().toStream()
                .map((key, count) -> {
                    int end = key.key().indexOf(NAME);
                    StatObject object = StatObject.ofKey(key.key().substring(0, end));
                    Window window = new Window(profile, key.window().start());
                    return KeyValue.pair(object.recordKey(), Wire.get().report(object, window, key.key().substring(end + 1), count));
                })
                .to(place.statistics(), Produced.with(TEXT, BYTES));
    }

    private static List<byte[]> actions(Call call) {
        List<byte[]> actions = new ArrayList<>(2);
        actions.add(Wire.get().action(call, Tables.first(call.lead), 0));
        int second = Tables.second(call.lead, call.result);
        if (second >= 0) {
            actions.add(Wire.get().action(call, second, 1));
        }
        return actions;
    }

    private static List<KeyValue<String, byte[]>> credited(Call call) {
        List<KeyValue<String, byte[]>> records = new ArrayList<>(8);
        credit(records, call, Tables.first(call.lead));
        int second = Tables.second(call.lead, call.result);
        if (second >= 0) {
            credit(records, call, second);
        }
        return records;
    }

    private static void credit(List<KeyValue<String, byte[]>> records, Call call, int action) {
        String name = NAME + Tables.name(action);
        records.add(KeyValue.pair(StatObject.key(StatObject.CAMPAIGN, call.campaign, "") + name, Tally.EMPTY));
        if (call.group != null) {
            records.add(KeyValue.pair(StatObject.key(StatObject.GROUP, call.campaign, call.group) + name, Tally.EMPTY));
        }
        records.add(KeyValue.pair(StatObject.key(StatObject.LIST, call.list, "") + name, Tally.EMPTY));
        records.add(KeyValue.pair(StatObject.key(StatObject.CAMPAIGN_LIST, call.campaign, call.list) + name, Tally.EMPTY));
    }

    private static Serde<Call> calls(boolean whole) {
        return Serdes.serdeFrom(
                (topic, call) -> {
                    throw new UnsupportedOperationException("calls are only read");
                },
                (topic, value) -> whole ? Call.read(value) : Call.readCampaign(value));
    }
}
