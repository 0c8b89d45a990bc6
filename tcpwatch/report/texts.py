"""The fixed words of a report, in English; each is translated where it is used."""

REPORT = "tcpwatch report"
LOOKED_FOR = "looked for {duration}"
COVERS = "covers {duration}"
PROBLEMS = "Problems"
NO_PROBLEM = "Nothing is wrong, as far as was looked."
LADDERS = "Connections on the wire"
NO_LADDER = "No segment of its connections was captured while tcpwatch looked."
LOOK_BELOW = "drawn below: {numbers}"
PROGRAMS = "Programs"
SOCKETS = "Sockets"
FLOWS = "Connections that were captured"
SOURCES = "What was looked at"
NOT_LOOKED_AT = "not looked at"
FILES = "Files in this folder"
AND_MORE = "and {count} more"

HEADINGS = (PROBLEMS, LADDERS, PROGRAMS, SOCKETS, FLOWS, SOURCES, FILES)
WHAT_FILES_HAVE = {
    "problems.md": "the problems as text, to paste into a ticket",
    "sockets.ndjson": "every socket, with all that the kernel tells of it: one JSON object a line",
    "flows.ndjson": "every connection that was captured: one JSON object a line",
    "packets.pcapng": "the last frames, for tcpwatch -r or Wireshark",
    "ladders.svg": "the connections drawn here, as one picture",
    "doctor.txt": "what this machine and this user can see",
}
PAYLOAD_CUT = "Of the payload, packets.pcapng has nothing behind the first line of a connection or of an HTTP message."
PAYLOAD_WHOLE = "packets.pcapng has payload, as far as it was captured: it may hold secrets."
FRAMES_FALLEN_OUT = "{count} earlier frames are not in packets.pcapng."
FRAMES_LEFT_OUT = "{count} frames without a TCP header to cut behind are not in packets.pcapng."
FRAMES_DROPPED = "{count} frames were dropped by the kernel before they could be read."
SEGMENTS_BEYOND = "{count} later segments of the file were only counted: problems and drawings lack them."
REMARKS = (PAYLOAD_CUT, PAYLOAD_WHOLE, FRAMES_FALLEN_OUT, FRAMES_LEFT_OUT, FRAMES_DROPPED, SEGMENTS_BEYOND)
ALL = (
    *(REPORT, LOOKED_FOR, COVERS, NO_PROBLEM, NO_LADDER, LOOK_BELOW, NOT_LOOKED_AT, AND_MORE),
    *HEADINGS,
    *WHAT_FILES_HAVE.values(),
    *REMARKS,
)
