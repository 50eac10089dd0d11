package dialstat.peers;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Counts by action in little space: cells of one byte for the action and four for its count, in the order they first came. */
final class Tally {
    static final byte[] EMPTY = {};
    private static final int CELL = 5;

    private Tally() {}

    /** One more of an action, in place where it was there before. */
    static byte[] add(byte[] cells, int action, int more) {
        for (int at = 0; at < cells.length; at += CELL) {
            if (cells[at] == action) {
                ByteBuffer buffer = ByteBuffer.wrap(cells);
                buffer.putInt(at + 1, buffer.getInt(at + 1) + more);
                return cells;
            }
        }
        byte[] longer = Arrays.copyOf(cells, cells.length + CELL);
        longer[cells.length] = (byte) action;
        ByteBuffer.wrap(longer).putInt(cells.length + 1, more);
        return longer;
    }

    /** Add what it holds, times a sign, to counts by action. */
    static void addTo(int[] counts, byte[] cells, int sign) {
        ByteBuffer buffer = ByteBuffer.wrap(cells);
        for (int at = 0; at < cells.length; at += CELL) {
            counts[cells[at]] += sign * buffer.getInt(at + 1);
        }
    }
}
