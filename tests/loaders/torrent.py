"""Reads a torrent with libtorrent, which shares no code with the program that wrote it, and checks the folder by it.

    torrent.py EXPORT_DIR TORRENT MAGNET

The info-hash must be the magnet link's, every file of the folder must be there with its size, a recheck of the folder
must find every piece, and one of a folder with a changed byte must not.
"""

import pathlib
import shutil
import sys
import tempfile
import time

import libtorrent

WAIT_S = 60


def main(folder, torrent, magnet):
    info = libtorrent.torrent_info(str(torrent))
    hashes = info.info_hashes()
    demand(hashes.has_v2() and not hashes.has_v1(), "a torrent of version 2 alone")
    demand(f"urn:btmh:1220{hashes.v2}" in magnet, "the magnet link's hash")
    demand(libtorrent.parse_magnet_uri(magnet).info_hashes.v2 == hashes.v2, "what libtorrent reads in the magnet link")
    entries = libtorrent.bdecode(torrent.read_bytes())
    demand(b"creation date" not in entries and b"created by" not in entries, "no date and no program")
    listed = {}
    files = info.layout() if hasattr(info, "layout") else info.files()
    for index in range(files.num_files()):
        if not files.file_flags(index) & libtorrent.file_flags_t.flag_pad_file:
            listed[pathlib.PurePath(files.file_path(index)).as_posix()] = files.file_size(index)
    name = info.name()
    here = {f"{name}/{file.relative_to(folder).as_posix()}": file.stat().st_size for file in below(folder)}
    demand(listed == here, "the folder's files and sizes")
    with tempfile.TemporaryDirectory() as place:
        copy = pathlib.Path(place) / name
        shutil.copytree(folder, copy)
        demand(progress(info, place) == 1, "every piece of the folder")
        largest = max(below(copy), key=lambda file: file.stat().st_size)
        changed = bytearray(largest.read_bytes())
        changed[len(changed) // 2] ^= 1
        largest.write_bytes(changed)
        demand(progress(info, place) < 1, "that a changed byte is found")
    print(f"libtorrent {libtorrent.__version__}: {len(listed)} files, {info.num_pieces()} pieces, all as they should be")


def below(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


def progress(info, place):
    """How much of the torrent a full check finds, as a part of 1. Nothing is sent and nobody is asked."""
    session = libtorrent.session({"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
                                  "listen_interfaces": "127.0.0.1:0"})
    wanted = libtorrent.add_torrent_params()
    wanted.ti, wanted.save_path = info, place
    wanted.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
    wanted.flags |= libtorrent.torrent_flags.upload_mode
    handle = session.add_torrent(wanted)
    handle.force_recheck()
    checking = (libtorrent.torrent_status.checking_files, libtorrent.torrent_status.checking_resume_data)
    until = time.monotonic() + WAIT_S
    seen = False
    while time.monotonic() < until:
        status = handle.status()
        seen = seen or status.state in checking
        if seen and status.state not in checking:
            demand(not status.errc.value(), status.errc.message())
            return status.progress
        time.sleep(0.02)
    raise SystemExit("Failed: the check took too long")


def demand(holds, what):
    if not holds:
        raise SystemExit(f"Failed: expected {what}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3])
