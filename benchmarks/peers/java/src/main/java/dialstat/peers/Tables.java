package dialstat.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The domain's tables, read from the same files that dialstat reads; an action is its row, which is also its number in the Avro enum. */
final class Tables {
    static final int ACTIONS;
    static final int DIAL_MADE;
    static final int LEAD_PROCESSED;
    private static final String[] NAMES;
    private static final int[] DIAL_OF_RESULT = new int[64];
    private static final int[] LEAD_OF_RESULT = new int[64];
    private static final int NONE = -1;

    static {
        Path folder = Path.of(System.getProperty("tables"));
        List<String> actions = rows(folder.resolve("actions.csv"));
        NAMES = actions.stream().map(row -> row.split(",", -1)[0]).toArray(String[]::new);
        ACTIONS = NAMES.length;
        DIAL_MADE = number("DialMade");
        LEAD_PROCESSED = number("LeadProcessed");
        for (String row : rows(folder.resolve("call_results.csv"))) {
            String[] fields = row.split(",", -1);
            DIAL_OF_RESULT[Integer.parseInt(fields[0])] = number(fields[3]);
            LEAD_OF_RESULT[Integer.parseInt(fields[0])] = number(fields[4]);
        }
    }

    private Tables() {}

    static String name(int action) {
        return NAMES[action];
    }

    /** What every event of that kind is. */
    static int first(boolean lead) {
        return lead ? LEAD_PROCESSED : DIAL_MADE;
    }

    /** What its result makes of it; -1 where that is nothing. */
    static int second(boolean lead, int result) {
        return lead ? LEAD_OF_RESULT[result] : DIAL_OF_RESULT[result];
    }

    private static int number(String name) {
        for (int number = 0; number < NAMES.length; number++) {
            if (NAMES[number].equals(name)) {
                return number;
            }
        }
        return NONE;
    }

    private static List<String> rows(Path table) {
        try {
            return Files.readAllLines(table).stream().skip(1).toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
