package dialstat.peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** All that one campaign has counted so far of a list in a pane, on its way to where lists are added up. */
public final class ListPart {
    public String list;
    public String campaign;
    public long pane;
    public byte[] cells;

    public ListPart() {}

    ListPart(String list, String campaign, long pane, byte[] cells) {
        this.list = list;
        this.campaign = campaign;
        this.pane = pane;
        this.cells = cells;
    }

    /** Everything but the list, which is the record's key. */
    byte[] bytes() {
        byte[] name = campaign.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(12 + name.length + cells.length).putLong(pane).putInt(name.length).put(name).put(cells).array();
    }

    static ListPart of(String list, byte[] bytes) {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        long pane = from.getLong();
        byte[] name = new byte[from.getInt()];
        from.get(name);
        byte[] cells = new byte[from.remaining()];
        from.get(cells);
        return new ListPart(list, new String(name, StandardCharsets.UTF_8), pane, cells);
    }
}
