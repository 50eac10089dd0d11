package dialstat.peers;

/** A window of a minute, ms since the epoch: they follow each other, or begin every ten seconds. */
record Window(String profile, long start) {
    static final String TUMBLING = "tumbling";
    static final String HOPPING = "hopping";
    static final long SIZE = 60_000;
    static final long PANE = 10_000;

    static long tumblingStart(long at) {
        return at - Math.floorMod(at, SIZE);
    }

    static long paneStart(long at) {
        return at - Math.floorMod(at, PANE);
    }
}
