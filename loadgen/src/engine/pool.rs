//! The places for connections of one thread.

use crate::connection::Connection;
use crate::doors::Door;

/// Who uses a connection: those who hold on to theirs and those who do not must not share, or nobody would hold on for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Keeps it as long as the server does.
    Holds = 0,
    /// Closes it after some requests.
    Closes = 1,
}

/// Places for connections, at most so many through each door, and which of them are free. A place belongs to its door for good: a crowd at
/// one takes none from those who ask at the other.
pub(super) struct Pool {
    connections: Vec<Connection>,
    free: [Free; Door::ALL.len()],
    most: usize,
}

/// The free places at one door.
#[derive(Default)]
struct Free {
    /// Places of open connections with nothing to do; the last used is used first, so that few stay warm.
    idle: [Vec<u32>; 2],
    /// Places without a connection.
    vacant: Vec<u32>,
    /// How many places there are, free or not.
    places: usize,
}

impl Pool {
    /// At most `most` connections through each door.
    pub(super) fn new(most: usize) -> Self {
        Pool { connections: Vec::new(), free: Default::default(), most }
    }

    pub(super) fn at(&mut self, place: u32) -> &mut Connection {
        &mut self.connections[place as usize]
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.connections.iter_mut()
    }

    /// Whether a request would find a place at `door`.
    pub(super) fn has_room(&self, door: Door) -> bool {
        let free = &self.free[door as usize];
        free.places < self.most || !free.vacant.is_empty() || free.idle.iter().any(|idle| !idle.is_empty())
    }

    /// A place for a request at `door`: an idle connection of its own habit, or room for a new one, or else the other habit's connection.
    pub(super) fn take(&mut self, door: Door, habit: Habit) -> Option<u32> {
        let free = &mut self.free[door as usize];
        let own = habit as usize;
        if let Some(place) = free.idle[own].pop().or_else(|| free.vacant.pop()) {
            return Some(place);
        }
        if free.places < self.most {
            free.places += 1;
            self.connections.push(Connection::through(door));
            return Some(self.connections.len() as u32 - 1);
        }
        free.idle[1 - own].pop()
    }

    /// Frees `place`, which is used by `habit` if it has an open connection.
    pub(super) fn give_back(&mut self, place: u32, habit: Habit) {
        let connection = &self.connections[place as usize];
        let free = &mut self.free[connection.door as usize];
        if connection.is_open() { free.idle[habit as usize].push(place) } else { free.vacant.push(place) }
    }

    /// The idle connection at `place` is gone.
    pub(super) fn forget_idle(&mut self, place: u32) {
        let connection = &mut self.connections[place as usize];
        connection.close();
        let free = &mut self.free[connection.door as usize];
        free.idle.iter_mut().for_each(|idle| idle.retain(|idle| *idle != place));
        free.vacant.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Transport;
    use std::net::{TcpListener, TcpStream};

    use Door::{Everybody, Officers};
    use Habit::{Closes, Holds};

    /// A pool of at most two connections through each door, and what opens the one at a place.
    fn pool() -> (Pool, impl Fn(&mut Pool, u32)) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = move |pool: &mut Pool, place| {
            let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            pool.at(place).open(Transport::new(socket, None));
        };
        (Pool::new(2), open)
    }

    #[test]
    fn a_crowd_at_one_door_takes_no_place_from_the_other() {
        let (mut pool, open) = pool();
        let crowd = [Holds, Closes].map(|habit| pool.take(Everybody, habit).unwrap());
        crowd.iter().for_each(|place| open(&mut pool, *place));
        assert!(!pool.has_room(Everybody) && pool.take(Everybody, Holds).is_none(), "both are busy");
        assert!(pool.has_room(Officers));
        let officer = pool.take(Officers, Holds).unwrap();
        assert_eq!((pool.at(officer).door, pool.at(crowd[0]).door), (Officers, Everybody));
        // What one gives back the others never get, open or not.
        open(&mut pool, officer);
        pool.give_back(officer, Holds);
        assert!(!pool.has_room(Everybody) && pool.take(Everybody, Holds).is_none());
        pool.forget_idle(officer);
        assert!(!pool.has_room(Everybody) && pool.take(Everybody, Holds).is_none());
        assert_eq!(pool.take(Officers, Closes), Some(officer), "a place without a connection");
        pool.give_back(crowd[1], Closes);
        assert_ne!(pool.take(Officers, Closes), Some(crowd[1]));
        assert!(pool.take(Officers, Closes).is_none());
        assert_eq!(pool.take(Everybody, Closes), Some(crowd[1]));
    }

    #[test]
    fn habits_share_connections_only_when_there_is_no_more_room() {
        let (mut pool, open) = pool();
        let held = pool.take(Everybody, Holds).unwrap();
        open(&mut pool, held);
        pool.give_back(held, Holds);
        let closed = pool.take(Everybody, Closes).unwrap();
        assert_ne!(closed, held, "there is room for another");
        assert_eq!(pool.take(Everybody, Closes), Some(held), "there is none");
    }
}
