package dialstat.peers;

/** What is counted for; the type is its number in the Avro enum, and a field that it hasn't is null. */
record StatObject(int type, String campaign, String group, String list) {
    static final int CAMPAIGN = 0;
    static final int GROUP = 1;
    static final int LIST = 2;
    static final int CAMPAIGN_LIST = 3;
    private static final String SEPARATOR = "\t";

    static StatObject ofCampaign(String campaign) {
        return new StatObject(CAMPAIGN, campaign, null, null);
    }

    static StatObject ofList(String list) {
        return new StatObject(LIST, null, null, list);
    }

    static String key(int type, String campaign, String part) {
        return type + SEPARATOR + campaign + SEPARATOR + part;
    }

    static StatObject ofKey(String key) {
        String[] parts = key.split(SEPARATOR, -1);
        return switch (Integer.parseInt(parts[0])) {
            case CAMPAIGN -> ofCampaign(parts[1]);
            case GROUP -> new StatObject(GROUP, parts[1], parts[2], null);
            case LIST -> ofList(parts[1]);
            default -> new StatObject(CAMPAIGN_LIST, parts[1], null, parts[2]);
        };
    }

    /** The key of its records, by which they are partitioned. */
    String recordKey() {
        return type == LIST ? list : campaign;
    }
}
