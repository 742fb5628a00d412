"""A peer from before the envelope: plain JSON, no headers, and only the first fields of each topic.

    old_peer.py feed BOOTSTRAP CHANNEL        two messages on discord-messages
    old_peer.py ask BOOTSTRAP CHANNEL         a question; prints its answer
    old_peer.py process BOOTSTRAP             answers one question that somebody else asks
    old_peer.py consume BOOTSTRAP MESSAGE     reads what the bot publishes until it has seen MESSAGE and a question
"""

import datetime
import json
import sys
import time
import uuid

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

PATIENCE = 60

MESSAGE = {
    "message_id": str,
    "content": str,
    "username": str,
    "user_id": str,
    "channel_id": str,
    "timestamp": datetime.datetime.fromisoformat,
    "metadata": dict,
}
QUERY = {
    "query_id": str,
    "original_message_id": str,
    "question": str,
    "username": str,
    "user_id": str,
    "channel_id": str,
    "timestamp": datetime.datetime.fromisoformat,
    "context": dict,
}
RESPONSE = {
    "response_id": str,
    "query_id": str,
    "original_message_id": str,
    "response_text": str,
    "channel_id": str,
    "timestamp": datetime.datetime.fromisoformat,
    "metadata": dict,
}


class NotUtf8(str):
    """A header's name that other clients can send, since it is only bytes on the wire."""

    def encode(self, *_):
        return b"x-\xff-odd"


def known(fields, value):
    """The fields that this peer knows, each of the type that it knows."""
    read = {}
    for name, kind in fields.items():
        content = value[name]
        if kind in (str, dict):
            assert isinstance(content, kind), f"{name} is {content!r}"
        else:
            kind(content)
        read[name] = content
    return read


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()


def producer(bootstrap):
    return KafkaProducer(bootstrap_servers=bootstrap, value_serializer=lambda value: json.dumps(value).encode())


def records(bootstrap, *topics):
    """Everything on these topics, from the beginning, until nobody wants more."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    partitions = [TopicPartition(topic, n) for topic in topics for n in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for batch in consumer.poll(timeout_ms=500).values():
            for record in batch:
                yield record.topic, json.loads(record.value)
    sys.exit(f"nothing more came on {topics} within {PATIENCE} s")


def feed(bootstrap, channel):
    out = producer(bootstrap)
    message = {
        "message_id": "1300000000000000001",
        "content": "The heron nests at pier nine",
        "username": "old ben",
        "user_id": "77",
        "channel_id": channel,
        "timestamp": now(),
        "metadata": {},
    }
    out.send("discord-messages", message).get(PATIENCE)
    message |= {"message_id": "1300000000000000002", "content": "The otter sleeps in the boathouse"}
    out.send("discord-messages", message, headers=[(NotUtf8("x-odd"), b"kept"), ("plain", b"\xff")]).get(PATIENCE)
    out.close()


def ask(bootstrap, channel):
    query = {
        "query_id": str(uuid.uuid4()),
        "original_message_id": "1300000000000000003",
        "question": "where does the heron nest?",
        "username": "old ben",
        "user_id": "77",
        "channel_id": channel,
        "timestamp": now(),
        "context": {},
    }
    out = producer(bootstrap)
    out.send("bot-queries", query).get(PATIENCE)
    out.close()
    for _, response in records(bootstrap, "bot-responses"):
        response = known(RESPONSE, response)
        if response["query_id"] == query["query_id"]:
            print(json.dumps(response))
            return


def process(bootstrap):
    for _, query in records(bootstrap, "bot-queries"):
        query = known(QUERY, query)
        out = producer(bootstrap)
        response = {
            "response_id": str(uuid.uuid4()),
            "query_id": query["query_id"],
            "original_message_id": query["original_message_id"],
            "response_text": f"An old processor heard: {query['question']}",
            "channel_id": query["channel_id"],
            "timestamp": now(),
            "metadata": {"model": "gemini-pro", "confidence": 0.9, "sources_count": 0},
        }
        out.send("bot-responses", response).get(PATIENCE)
        out.close()
        return


def consume(bootstrap, wanted):
    heard = {}
    for topic, value in records(bootstrap, "discord-messages", "bot-queries"):
        if topic == "bot-queries":
            heard["query"] = known(QUERY, value)
        else:
            message = known(MESSAGE, value)
            if message["message_id"] == wanted:
                heard["message"] = message
        if len(heard) == 2:
            print(json.dumps(heard))
            return


if __name__ == "__main__":
    {"feed": feed, "ask": ask, "process": process, "consume": consume}[sys.argv[1]](*sys.argv[2:])
