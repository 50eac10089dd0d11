package dialstat.peers;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** How a job of Flink is run in one JVM: exactly once, a checkpoint each second into a folder, state on the heap. */
final class FlinkRun {
    private FlinkRun() {}

    static StreamExecutionEnvironment environment(Place place) {
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, Place.uri(place.folder()));
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
        environment.enableCheckpointing(1000, CheckpointingMode.EXACTLY_ONCE);
        environment.getConfig().enableObjectReuse();
        return environment;
    }

    static <T> SingleOutputStreamOperator<T> calls(StreamExecutionEnvironment environment, Place place, DeserializationSchema<T> schema) {
        KafkaSource<T> source = KafkaSource.<T>builder()
                .setBootstrapServers(place.bootstrap())
                .setTopics(place.input())
                .setGroupId(place.prefix() + "app")
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperty("isolation.level", "read_committed")
                .setValueOnlyDeserializer(schema)
                .build();
        return environment.fromSource(source, WatermarkStrategy.noWatermarks(), "calls");
    }

    static KafkaSink<Message> sink(Place place, String topic) {
        return KafkaSink.<Message>builder()
                .setBootstrapServers(place.bootstrap())
                .setRecordSerializer(KafkaRecordSerializationSchema.<Message>builder()
                        .setTopic(topic)
                        .setKeySerializationSchema((Message message) -> message.key)
                        .setValueSerializationSchema((Message message) -> message.value)
                        .build())
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(topic)
                .setProperty("transaction.timeout.ms", String.valueOf(Duration.ofMinutes(1).toMillis()))
                .setProperty("compression.type", "lz4")
                .setProperty("linger.ms", "100")
                .build();
    }
}
