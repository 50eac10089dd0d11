package dialstat.peers;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Counts by object and pane of ten seconds, in whatever store an engine gives; windows are sums of six panes, made when they are
 * published. What changed since the last time is kept by the caller.
 */
final class Panes {
    /** A store of an engine. */
    interface Store {
        byte[] get(String key);

        void put(String key, byte[] cells);
    }

    private static final String SEPARATOR = "\n";
    private static final int IN_WINDOW = (int) (Window.SIZE / Window.PANE);

    private Panes() {}

    static String key(String object, long pane) {
        return object + SEPARATOR + pane;
    }

    static String objectOf(String key) {
        return key.substring(0, key.indexOf(SEPARATOR));
    }

    static long paneOf(String key) {
        return Long.parseLong(key, key.indexOf(SEPARATOR) + 1, key.length(), 10);
    }

    /** Count an event for its campaign, its group, and the list as its campaign uses it. */
    static void count(Store store, Set<String> changed, Hit hit) {
        long pane = Window.paneStart(hit.at);
        countFor(store, changed, key(StatObject.key(StatObject.CAMPAIGN, hit.campaign, ""), pane), hit);
        if (hit.group != null) {
            countFor(store, changed, key(StatObject.key(StatObject.GROUP, hit.campaign, hit.group), pane), hit);
        }
        countFor(store, changed, key(StatObject.key(StatObject.CAMPAIGN_LIST, hit.campaign, hit.list), pane), hit);
    }

    private static void countFor(Store store, Set<String> changed, String key, Hit hit) {
        byte[] cells = store.get(key);
        cells = Tally.add(cells == null ? Tally.EMPTY : cells, hit.first, 1);
        store.put(key, hit.second < 0 ? cells : Tally.add(cells, hit.second, 1));
        changed.add(key);
    }

    /** Take over what a campaign has counted of a list so far; saying it twice changes nothing. */
    static void countPart(Store store, Set<String> changed, ListPart part) {
        String key = key(StatObject.key(StatObject.LIST, part.list, ""), part.pane);
        String ofCampaign = key + SEPARATOR + part.campaign;
        int[] more = new int[Tables.ACTIONS];
        Tally.addTo(more, part.cells, 1);
        byte[] before = store.get(ofCampaign);
        if (before != null) {
            Tally.addTo(more, before, -1);
        }
        byte[] cells = store.get(key);
        cells = cells == null ? Tally.EMPTY : cells;
        for (int action = 0; action < more.length; action++) {
            cells = more[action] == 0 ? cells : Tally.add(cells, action, more[action]);
        }
        store.put(ofCampaign, part.cells);
        store.put(key, cells);
        changed.add(key);
    }

    /** Hand on the counts of every window that a changed pane is in. */
    static void publish(Store store, Iterable<String> changed, BiConsumer<StatObject, WindowCounts> to) {
        Set<String> tumbling = new LinkedHashSet<>();
        Set<String> hopping = new LinkedHashSet<>();
        for (String key : changed) {
            String object = objectOf(key);
            long pane = paneOf(key);
            tumbling.add(key(object, Window.tumblingStart(pane)));
            for (int back = 0; back < IN_WINDOW; back++) {
                hopping.add(key(object, pane - back * Window.PANE));
            }
        }
        for (String key : hopping) {
            StatObject object = StatObject.ofKey(objectOf(key));
            int[] counts = sum(store, key);
            long start = paneOf(key);
            to.accept(object, new WindowCounts(new Window(Window.HOPPING, start), counts));
            if (tumbling.contains(key)) {
                to.accept(object, new WindowCounts(new Window(Window.TUMBLING, start), counts));
            }
        }
    }

    /** What the lists' side is to be told of the changed panes of lists in their campaigns. */
    static Set<ListPart> parts(Store store, Iterable<String> changed) {
        Set<ListPart> parts = new HashSet<>();
        for (String key : changed) {
            StatObject object = StatObject.ofKey(objectOf(key));
            if (object.type() == StatObject.CAMPAIGN_LIST) {
                parts.add(new ListPart(object.list(), object.campaign(), paneOf(key), store.get(key)));
            }
        }
        return parts;
    }

    private static int[] sum(Store store, String firstPane) {
        String object = objectOf(firstPane);
        long first = paneOf(firstPane);
        int[] counts = new int[Tables.ACTIONS];
        for (int pane = 0; pane < IN_WINDOW; pane++) {
            byte[] cells = store.get(key(object, first + pane * Window.PANE));
            if (cells != null) {
                Tally.addTo(counts, cells, 1);
            }
        }
        return counts;
    }

    /** Counts of a window, by action. */
    record WindowCounts(Window window, int[] counts) {}
}
