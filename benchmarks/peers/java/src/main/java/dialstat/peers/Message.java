package dialstat.peers;

import java.nio.charset.StandardCharsets;

/** A record to write. */
public final class Message {
    public byte[] key;
    public byte[] value;

    static Message of(String key, byte[] value) {
        Message message = new Message();
        message.key = key.getBytes(StandardCharsets.UTF_8);
        message.value = value;
        return message;
    }
}
