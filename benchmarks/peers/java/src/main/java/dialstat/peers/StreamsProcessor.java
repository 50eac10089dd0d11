package dialstat.peers;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams, Processor API: RocksDB stores behind their cache, changelogs, a punctuation each second. */
public final class StreamsProcessor {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<byte[]> BYTES = Serdes.ByteArray();
    private static final String CAMPAIGNS = "campaigns";
    private static final String LISTS = "lists";

    private StreamsProcessor() {}

    public static void main(String[] arguments) {
        Place place = Place.of(arguments);
        StreamsRun.run(place, place.prefix() + "app", place.whole() ? whole(place) : count(place));
    }

    private static Topology whole(Place place) {
        Topology topology = new Topology();
        topology.addSource("calls", TEXT.deserializer(), BYTES.deserializer(), place.input());
        topology.addProcessor(CAMPAIGNS, (ProcessorSupplier<String, byte[], String, byte[]>) Campaigns::new, "calls");
        topology.addStateStore(store(CAMPAIGNS, BYTES), CAMPAIGNS);
        topology.addSink("actions", place.actions(), TEXT.serializer(), BYTES.serializer(), CAMPAIGNS);
        topology.addSink("parts", place.parts(), TEXT.serializer(), BYTES.serializer(), CAMPAIGNS);
        topology.addSource("parts-in", TEXT.deserializer(), BYTES.deserializer(), place.parts());
        topology.addProcessor(LISTS, (ProcessorSupplier<String, byte[], String, byte[]>) Lists::new, "parts-in");
        topology.addStateStore(store(LISTS, BYTES), LISTS);
        topology.addSink("statistics", place.statistics(), TEXT.serializer(), BYTES.serializer(), CAMPAIGNS, LISTS);
        return topology;
    }

    private static Topology count(Place place) {
        Topology topology = new Topology();
        topology.addSource("calls", TEXT.deserializer(), BYTES.deserializer(), place.input());
        topology.addProcessor(CAMPAIGNS, (ProcessorSupplier<String, byte[], String, byte[]>) Count::new, "calls");
        topology.addStateStore(store(CAMPAIGNS, Serdes.Long()), CAMPAIGNS);
        topology.addSink("statistics", place.statistics(), TEXT.serializer(), BYTES.serializer(), CAMPAIGNS);
        return topology;
    }

    private static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, Serde<V> values) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), TEXT, values).withCachingEnabled();
    }

    /** A store, what changed in it, and a publication each second; after a restart all of it counts as changed. */
    private abstract static class Publishing<V> implements Processor<String, byte[], String, byte[]> {
        final Set<String> changed = new HashSet<>();
        ProcessorContext<String, byte[]> context;
        KeyValueStore<String, V> store;
        private final String name;

        Publishing(String name) {
            this.name = name;
        }

        @Override
        public void init(ProcessorContext<String, byte[]> given) {
            context = given;
            store = given.getStateStore(name);
            try (KeyValueIterator<String, V> held = store.all()) {
                held.forEachRemaining((KeyValue<String, V> entry) -> changed.add(entry.key));
            }
            given.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, now -> {
                publish(now);
                changed.clear();
            });
        }

        abstract void publish(long now);
    }

    private abstract static class OfPanes extends Publishing<byte[]> implements Panes.Store {
        OfPanes(String name) {
            super(name);
        }

        @Override
        public byte[] get(String key) {
            return store.get(key);
        }

        @Override
        public void put(String key, byte[] cells) {
            store.put(key, cells);
        }

        @Override
        void publish(long now) {
            Panes.publish(this, changed, (object, counts) -> {
                byte[] report = Wire.get().report(object, counts.window(), counts.counts());
                context.forward(new Record<>(object.recordKey(), report, now), "statistics");
            });
        }
    }

    private static final class Campaigns extends OfPanes {
        Campaigns() {
            super(CAMPAIGNS);
        }

        @Override
        public void process(Record<String, byte[]> one) {
            Call call = Call.read(one.value());
            Hit hit = Hit.of(call);
            context.forward(one.withValue(Wire.get().action(call, hit.first, 0)), "actions");
            if (hit.second >= 0) {
                context.forward(one.withValue(Wire.get().action(call, hit.second, 1)), "actions");
            }
            Panes.count(this, changed, hit);
        }

        @Override
        void publish(long now) {
            super.publish(now);
            for (ListPart part : Panes.parts(this, changed)) {
                context.forward(new Record<>(part.list, part.bytes(), now), "parts");
            }
        }
    }

    private static final class Lists extends OfPanes {
        Lists() {
            super(LISTS);
        }

        @Override
        public void process(Record<String, byte[]> one) {
            Panes.countPart(this, changed, ListPart.of(one.key(), one.value()));
        }
    }

    private static final class Count extends Publishing<Long> {
        Count() {
            super(CAMPAIGNS);
        }

        @Override
        public void process(Record<String, byte[]> one) {
            Call call = Call.readCampaign(one.value());
            String key = Panes.key(call.campaign, Window.tumblingStart(call.at));
            Long count = store.get(key);
            store.put(key, count == null ? 1L : count + 1);
            changed.add(key);
        }

        @Override
        void publish(long now) {
            for (String key : changed) {
                StatObject object = StatObject.ofCampaign(Panes.objectOf(key));
                Window window = new Window(Window.TUMBLING, Panes.paneOf(key));
                byte[] report = Wire.get().report(object, window, "Events", store.get(key));
                context.forward(new Record<>(object.recordKey(), report, now), "statistics");
            }
        }
    }
}
