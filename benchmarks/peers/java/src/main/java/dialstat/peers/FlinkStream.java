package dialstat.peers;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Apache Flink, DataStream API: keyed functions with map state on the heap, a timer of processing time each second. */
public final class FlinkStream {
    private static final OutputTag<Message> ACTIONS = new OutputTag<>("actions") {};
    private static final OutputTag<ListPart> PARTS = new OutputTag<>("parts") {};

    private FlinkStream() {}

    public static void main(String[] arguments) throws Exception {
        Place place = Place.of(arguments);
        StreamExecutionEnvironment environment = FlinkRun.environment(place);
        if (place.whole()) {
            whole(environment, place);
        } else {
            FlinkRun.calls(environment, place, new CampaignOnly())
                    .keyBy(call -> call.campaign)
                    .process(new Count())
                    .sinkTo(FlinkRun.sink(place, place.statistics()));
        }
        environment.execute(place.prefix());
    }

    private static void whole(StreamExecutionEnvironment environment, Place place) {
        SingleOutputStreamOperator<Hit> hits = FlinkRun.calls(environment, place, new Whole()).process(new Actions());
        SingleOutputStreamOperator<Message> campaigns = hits.keyBy(hit -> hit.campaign).process(new Campaigns());
        SingleOutputStreamOperator<Message> lists = campaigns.getSideOutput(PARTS).keyBy(part -> part.list).process(new Lists());
        hits.getSideOutput(ACTIONS).sinkTo(FlinkRun.sink(place, place.actions()));
        campaigns.union(lists).sinkTo(FlinkRun.sink(place, place.statistics()));
    }

    private static final class Whole extends AbstractDeserializationSchema<Call> {
        @Override
        public Call deserialize(byte[] value) {
            return Call.read(value);
        }
    }

    private static final class CampaignOnly extends AbstractDeserializationSchema<Call> {
        @Override
        public Call deserialize(byte[] value) {
            return Call.readCampaign(value);
        }
    }

    private static final class Actions extends ProcessFunction<Call, Hit> {
        @Override
        public void processElement(Call call, Context context, Collector<Hit> out) {
            Hit hit = Hit.of(call);
            context.output(ACTIONS, Message.of(call.campaign, Wire.get().action(call, hit.first, 0)));
            if (hit.second >= 0) {
                context.output(ACTIONS, Message.of(call.campaign, Wire.get().action(call, hit.second, 1)));
            }
            out.collect(hit);
        }
    }

    /** Counts of a key by text, which of them changed, and a timer while any has. */
    private abstract static class Publishing<I> extends KeyedProcessFunction<String, I, Message> implements Panes.Store {
        transient MapState<String, byte[]> panes;
        transient MapState<String, Boolean> changed;

        @Override
        public void open(Configuration settings) {
            panes = getRuntimeContext().getMapState(new MapStateDescriptor<>("panes", String.class, byte[].class));
            changed = getRuntimeContext().getMapState(new MapStateDescriptor<>("changed", String.class, Boolean.class));
        }

        void note(Set<String> keys, Context context) throws Exception {
            if (changed.isEmpty()) {
                long now = context.timerService().currentProcessingTime();
                context.timerService().registerProcessingTimeTimer(now - now % 1000 + 1000);
            }
            for (String key : keys) {
                if (!changed.contains(key)) {
                    changed.put(key, true);
                }
            }
        }

        @Override
        public void onTimer(long now, OnTimerContext context, Collector<Message> out) throws Exception {
            Panes.publish(this, changed.keys(), (object, counts) ->
                    out.collect(Message.of(object.recordKey(), Wire.get().report(object, counts.window(), counts.counts()))));
            changed.clear();
        }

        @Override
        public byte[] get(String key) {
            try {
                return panes.get(key);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }

        @Override
        public void put(String key, byte[] cells) {
            try {
                panes.put(key, cells);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }
    }

    private static final class Campaigns extends Publishing<Hit> {
        @Override
        public void processElement(Hit hit, Context context, Collector<Message> out) throws Exception {
            Set<String> keys = new HashSet<>();
            Panes.count(this, keys, hit);
            note(keys, context);
        }

        @Override
        public void onTimer(long now, OnTimerContext context, Collector<Message> out) throws Exception {
            for (ListPart part : Panes.parts(this, changed.keys())) {
                context.output(PARTS, part);
            }
            super.onTimer(now, context, out);
        }
    }

    private static final class Lists extends Publishing<ListPart> {
        @Override
        public void processElement(ListPart part, Context context, Collector<Message> out) throws Exception {
            Set<String> keys = new HashSet<>();
            Panes.countPart(this, keys, part);
            note(keys, context);
        }
    }

    private static final class Count extends KeyedProcessFunction<String, Call, Message> {
        private transient MapState<Long, Long> counts;
        private transient MapState<Long, Boolean> changed;

        @Override
        public void open(Configuration settings) {
            counts = getRuntimeContext().getMapState(new MapStateDescriptor<>("counts", Long.class, Long.class));
            changed = getRuntimeContext().getMapState(new MapStateDescriptor<>("changed", Long.class, Boolean.class));
        }

        @Override
        public void processElement(Call call, Context context, Collector<Message> out) throws Exception {
            long window = Window.tumblingStart(call.at);
            Long count = counts.get(window);
            counts.put(window, count == null ? 1L : count + 1);
            if (!changed.contains(window)) {
                changed.put(window, true);
                long now = context.timerService().currentProcessingTime();
                context.timerService().registerProcessingTimeTimer(now - now % 1000 + 1000);
            }
        }

        @Override
        public void onTimer(long now, OnTimerContext context, Collector<Message> out) throws Exception {
            StatObject object = StatObject.ofCampaign(context.getCurrentKey());
            List<Long> windows = new ArrayList<>();
            changed.keys().forEach(windows::add);
            for (long window : windows) {
                byte[] report = Wire.get().report(object, new Window(Window.TUMBLING, window), "Events", counts.get(window));
                out.collect(Message.of(object.recordKey(), report));
            }
            changed.clear();
        }
    }
}
