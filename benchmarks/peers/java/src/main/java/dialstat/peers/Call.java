package dialstat.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** A call result, read field by field as its schema orders them; only what the jobs need. */
public final class Call {
    static final int HEADER = 5;
    private static final ThreadLocal<BinaryDecoder> DECODER = new ThreadLocal<>();

    public String eventId;
    public String campaign;
    public String group;
    public String list;
    public long at;
    public boolean lead;
    public int result;

    /** All fields. */
    static Call read(byte[] value) {
        try {
            BinaryDecoder from = decoder(value);
            Call call = new Call();
            call.eventId = from.readString();
            from.skipString();
            call.campaign = from.readString();
            call.group = from.readIndex() == 1 ? from.readString() : null;
            call.list = from.readString();
            call.at = from.readLong();
            call.lead = from.readEnum() == 1;
            call.result = from.readInt();
            return call;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** Campaign and time alone, for whoever counts no more than that. */
    static Call readCampaign(byte[] value) {
        try {
            BinaryDecoder from = decoder(value);
            Call call = new Call();
            from.skipString();
            from.skipString();
            call.campaign = from.readString();
            if (from.readIndex() == 1) {
                from.skipString();
            }
            from.skipString();
            call.at = from.readLong();
            return call;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static BinaryDecoder decoder(byte[] value) {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(value, HEADER, value.length - HEADER, DECODER.get());
        DECODER.set(decoder);
        return decoder;
    }
}
