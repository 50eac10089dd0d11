"""What who connects must be allowed: no more than what it does."""

from topologies.declaration import declare
from topologies.rights import Right, rights_of_operator, rights_of_reader, rights_of_worker
from topologies.settings import Settings

TOPOLOGY = declare(Settings(topic_prefix="p-"))


def test_workers_have_nothing_to_do_with_what_was_sent_again():
    assert not any("dead-letter-retries" in right.name for right in rights_of_worker(TOPOLOGY))


def test_who_sends_letters_again_writes_what_workers_read_and_notes_it_in_one_transaction():
    assert set(rights_of_operator(TOPOLOGY)) - set(rights_of_reader(TOPOLOGY)) == {
        Right("topic", "p-campaign-events", "Write"),
        Right("topic", "p-call-results", "Write"),
        Right("topic", "p-dialstat-list-deltas", "Write"),
        Right("topic", "p-dead-letter-retries", "Write"),
        Right("transactional-id", "p-dead-letter-retries", "Write"),
    }
