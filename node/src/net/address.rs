//! What an address says, and whether something else listens there.

use super::NetError;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::DialError;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};
use std::error::Error;
use std::io;
use std::net::{IpAddr, TcpListener, UdpSocket};

/// The peer that the address names with a final `/p2p/`, if any.
pub fn peer_of(addr: &Multiaddr) -> Option<PeerId> {
    match addr.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

/// Whether the address can be reached from its own machine alone.
pub(super) fn is_loopback(addr: &Multiaddr) -> bool {
    match addr.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback(),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => name == "localhost",
        _ => false,
    }
}

/// A dial from a fresh port: from the listening port two nodes that dial each other at once collide.
pub(super) fn dial_opts(addr: Multiaddr) -> DialOpts {
    DialOpts::unknown_peer_id().address(addr).allocate_new_port().build()
}

/// Whether two addresses name the same place, with or without who is there.
pub(super) fn same_place(a: &Multiaddr, b: &Multiaddr) -> bool {
    let place = |addr: &Multiaddr| addr.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect::<Multiaddr>();
    place(a) == place(b)
}

/// Checks that no other program listens on the address.
///
/// libp2p listens on TCP with `SO_REUSEPORT`, under which two nodes of one user would share a port
/// without a word, each getting half of the connections; and its QUIC hides the kind of the error.
///
/// # Errors
/// [`NetError::AddressInUse`]; any other difficulty is left for listening itself to report.
pub(super) fn check_free(addr: &Multiaddr) -> Result<(), NetError> {
    let mut parts = addr.iter();
    let ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => IpAddr::V4(ip),
        Some(Protocol::Ip6(ip)) => IpAddr::V6(ip),
        _ => return Ok(()),
    };
    let bound = match parts.next() {
        Some(Protocol::Tcp(port)) => TcpListener::bind((ip, port)).map(drop),
        Some(Protocol::Udp(port)) => UdpSocket::bind((ip, port)).map(drop),
        _ => return Ok(()),
    };
    match bound {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(NetError::AddressInUse { addr: addr.clone() }),
        _ => Ok(()),
    }
}

/// Why listening failed.
pub(super) fn listen_error(addr: &Multiaddr, error: &(dyn Error + 'static)) -> NetError {
    NetError::CannotListen { addr: addr.clone(), reason: root_cause(error).to_string() }
}

/// Why dialling failed.
pub(super) fn dial_error(addr: Multiaddr, error: &DialError) -> NetError {
    match error {
        DialError::WrongPeerId { obtained, .. } => NetError::WrongPeer { addr, found: *obtained },
        DialError::Denied { .. } => NetError::Refused { addr },
        DialError::Transport(attempts) => {
            let reason = attempts.iter().map(|(_, error)| root_cause(error).to_string()).next();
            NetError::Dial { addr, reason: reason.unwrap_or_else(|| "no answer".into()) }
        }
        DialError::LocalPeerId { .. } => NetError::Dial { addr, reason: "that is this node itself".into() },
        _ => NetError::Dial { addr, reason: "the attempt was given up".into() },
    }
}

/// The innermost error: libp2p wraps what the operating system says several times.
pub(super) fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    // `source` of an `io::Error` skips the error that it wraps; `get_ref` does not.
    while let Some(inner) = match cause.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    } {
        cause = inner;
    }
    cause
}
