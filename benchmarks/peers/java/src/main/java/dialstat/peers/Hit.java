package dialstat.peers;

/** What an event adds to: its objects, its time, and its one or two actions (second is -1 where there is one). */
public final class Hit {
    public String campaign;
    public String group;
    public String list;
    public long at;
    public int first;
    public int second;

    static Hit of(Call call) {
        Hit hit = new Hit();
        hit.campaign = call.campaign;
        hit.group = call.group;
        hit.list = call.list;
        hit.at = call.at;
        hit.first = Tables.first(call.lead);
        hit.second = Tables.second(call.lead, call.result);
        return hit;
    }
}
