package dialstat.peers;

import java.nio.file.Path;

/** Where a peer reads and writes, from its command line: job, bootstrap servers, input topic, prefix of its own topics, folder. */
record Place(String job, String bootstrap, String input, String prefix, String folder) {
    static Place of(String[] arguments) {
        return new Place(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    }

    static String uri(String folder) {
        return Path.of(folder).toUri().toString();
    }

    boolean whole() {
        return job.equals("whole");
    }

    String actions() {
        return prefix + "actions";
    }

    String statistics() {
        return prefix + "statistics";
    }

    String parts() {
        return prefix + "list-parts";
    }
}
