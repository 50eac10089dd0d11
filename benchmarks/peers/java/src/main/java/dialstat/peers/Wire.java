package dialstat.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Actions and reports as dialstat writes them: a zero byte, the schema's id, and Avro. */
final class Wire {
    private static final int ACTION_SCHEMA = Integer.getInteger("action.schema");
    private static final int REPORT_SCHEMA = Integer.getInteger("report.schema");
    private static final ThreadLocal<Wire> OF_THREAD = ThreadLocal.withInitial(Wire::new);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    private final BinaryEncoder to = EncoderFactory.get().directBinaryEncoder(bytes, null);

    private Wire() {}

    static Wire get() {
        return OF_THREAD.get();
    }

    /** The ordinal-th action of an event. */
    byte[] action(Call call, int action, int ordinal) {
        try {
            begin(ACTION_SCHEMA);
            to.writeString(call.eventId + "/" + ordinal);
            to.writeString(call.eventId);
            to.writeString("");
            to.writeString(call.campaign);
            optional(call.group);
            optional(call.list);
            objects(call.group != null);
            to.writeEnum(action);
            to.writeEnum(0);
            to.writeLong(call.at);
            to.writeIndex(0);
            to.writeIndex(0);
            to.writeLong(1);
            to.writeIndex(1);
            to.writeInt(call.result);
            return bytes.toByteArray();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** Values of one object and window, by action; zeros are left out. */
    byte[] report(StatObject of, Window window, int[] counts) {
        try {
            beginReport(of, window);
            to.writeMapStart();
            int size = 0;
            for (int count : counts) {
                size += count > 0 ? 1 : 0;
            }
            to.setItemCount(size);
            for (int action = 0; action < counts.length; action++) {
                if (counts[action] > 0) {
                    to.startItem();
                    to.writeString(Tables.name(action));
                    value(counts[action]);
                }
            }
            return endReport();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** One value of one object and window. */
    byte[] report(StatObject of, Window window, String name, long count) {
        try {
            beginReport(of, window);
            to.writeMapStart();
            to.setItemCount(1);
            to.startItem();
            to.writeString(name);
            value(count);
            return endReport();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private void beginReport(StatObject of, Window window) throws IOException {
        begin(REPORT_SCHEMA);
        to.writeEnum(of.type());
        to.writeString("");
        optional(of.campaign());
        optional(of.group());
        optional(of.list());
        to.writeString(window.profile());
        to.writeLong(window.start());
        to.writeLong(System.currentTimeMillis());
        to.writeInt(0);
        to.writeBoolean(false);
    }

    private byte[] endReport() throws IOException {
        to.writeMapEnd();
        to.writeIndex(0);
        to.writeArrayStart();
        to.setItemCount(0);
        to.writeArrayEnd();
        to.writeMapStart();
        to.setItemCount(0);
        to.writeMapEnd();
        return bytes.toByteArray();
    }

    private void begin(int schema) {
        bytes.reset();
        bytes.writeBytes(ByteBuffer.allocate(Call.HEADER).put((byte) 0).putInt(schema).array());
    }

    private void optional(String text) throws IOException {
        to.writeIndex(text == null ? 0 : 1);
        if (text != null) {
            to.writeString(text);
        }
    }

    private void value(double value) throws IOException {
        to.writeIndex(1);
        to.writeDouble(value);
    }

    private void objects(boolean withGroup) throws IOException {
        to.writeArrayStart();
        to.setItemCount(withGroup ? 4 : 3);
        for (int type = 0; type < 4; type++) {
            if (type != StatObject.GROUP || withGroup) {
                to.startItem();
                to.writeEnum(type);
            }
        }
        to.writeArrayEnd();
    }
}
