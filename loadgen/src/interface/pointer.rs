//! JSON pointers (RFC 6901) into answers, followed while reading, so that what is passed over is not kept.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Where in a JSON document something is: `/pass/id`. The empty pointer is the whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer(Vec<String>);

impl FromStr for Pointer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Pointer(Vec::new()));
        }
        let rest = text.strip_prefix('/').ok_or("a JSON pointer begins with a slash, such as /pass/id")?;
        Ok(Pointer(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

/// A value without parts; lists and objects are only known to be there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found<'a> {
    Text(Cow<'a, str>),
    Other(Value),
}

impl<'a> Found<'a> {
    /// The value as a text to be kept and sent back: texts as they are, numbers by their digits.
    pub(crate) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Found::Text(text) => Some(text),
            Found::Other(Value::Number(number)) => Some(number.to_string().into()),
            Found::Other(_) => None,
        }
    }

    /// Whether it is `value`.
    pub(crate) fn is(&self, value: &Value) -> bool {
        match self {
            Found::Text(text) => value.as_str() == Some(text),
            Found::Other(other) => other == value,
        }
    }
}

impl Pointer {
    /// What stands at each of `pointers` in `json`, read once: `None` where nothing does. `None` for all when `json` is no JSON.
    pub(crate) fn find_all<'a, const N: usize>(
        pointers: [&Pointer; N],
        json: &'a [u8],
    ) -> Option<[Option<Found<'a>>; N]> {
        // Checked as a whole, not string by string, which takes longer.
        let mut reader = serde_json::Deserializer::from_str(std::str::from_utf8(json).ok()?);
        let found = At(pointers.map(|pointer| Some(pointer.0.as_slice()))).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(found)
    }

    /// What stands there in `json`; `None` when nothing does, or `json` is no JSON.
    pub(crate) fn find<'a>(&self, json: &'a [u8]) -> Option<Found<'a>> {
        let [found] = Pointer::find_all([self], json)?;
        found
    }
}

/// What is left of each of several paths where one has come to; `None` where a path does not lead through there.
type Paths<'p, const N: usize> = [Option<&'p [String]>; N];

/// Reads a value and gives what stands at each path in it.
struct At<'p, const N: usize>(Paths<'p, N>);

impl<const N: usize> At<'_, N> {
    /// `value` itself, for each path that ends here.
    fn here<'de>(&self, value: Found<'de>) -> [Option<Found<'de>>; N] {
        self.0.map(|path| path.is_some_and(<[String]>::is_empty).then(|| value.clone()))
    }
}

/// The rest of each path whose next part `is` the one that is read.
fn on<'p, const N: usize>(paths: &Paths<'p, N>, is: impl Fn(&str) -> bool) -> Option<Paths<'p, N>> {
    let onward = paths.map(|path| path?.split_first().and_then(|(part, rest)| is(part).then_some(rest)));
    onward.iter().any(Option::is_some).then_some(onward)
}

/// Puts what was found on paths that lead `onward` in the place of what was found there before.
fn take<'de, const N: usize>(
    found: &mut [Option<Found<'de>>; N],
    onward: &Paths<'_, N>,
    there: [Option<Found<'de>>; N],
) {
    for ((found, there), _) in found.iter_mut().zip(there).zip(onward).filter(|(_, path)| path.is_some()) {
        *found = there;
    }
}

impl<'de, const N: usize> DeserializeSeed<'de> for At<'_, N> {
    type Value = [Option<Found<'de>>; N];

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for At<'_, N> {
    type Value = [Option<Found<'de>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.here(Found::Other(value.into())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.here(Found::Other(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.here(Found::Other(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.here(Found::Other(value.into())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.here(Found::Other(Value::Null)))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(self.here(Found::Text(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.here(Found::Text(Cow::Owned(value.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut found = self.here(Found::Other(Value::Array(Vec::new())));
        for index in 0_usize.. {
            let more = match on(&self.0, |part| part.parse() == Ok(index)) {
                Some(onward) => {
                    list.next_element_seed(At(onward))?.map(|there| take(&mut found, &onward, there)).is_some()
                }
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = self.here(Found::Other(Value::Object(serde_json::Map::new())));
        while let Some(onward) = map.next_key_seed(Onward(self.0))? {
            match onward {
                Some(onward) => take(&mut found, &onward, map.next_value_seed(At(onward))?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Reads a key and gives the rest of the paths that lead through it.
struct Onward<'p, const N: usize>(Paths<'p, N>);

impl<'de, 'p, const N: usize> DeserializeSeed<'de> for Onward<'p, N> {
    type Value = Option<Paths<'p, N>>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'p, const N: usize> Visitor<'_> for Onward<'p, N> {
    type Value = Option<Paths<'p, N>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(on(&self.0, |part| part == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c~/\"é]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c~/]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// `value` as [`Found`] would have it.
    fn bare(value: &Value) -> Found<'static> {
        match value {
            Value::String(text) => Found::Text(text.clone().into()),
            Value::Array(_) => Found::Other(Value::Array(Vec::new())),
            Value::Object(_) => Found::Other(Value::Object(serde_json::Map::new())),
            other => Found::Other(other.clone()),
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_serde_json_finds(json in any_json(), path in prop::collection::vec("[a-c0-2]{1,2}|~0|~1", 0..4)) {
            let pointer: String = path.iter().map(|part| format!("/{part}")).collect();
            let text = serde_json::to_vec(&json).unwrap();
            let found = pointer.parse::<Pointer>().unwrap().find(&text);
            // serde_json takes no index with leading zeros; a pass server has none.
            prop_assume!(!path.iter().any(|part| part.len() > 1 && part.starts_with('0')));
            prop_assert_eq!(found, json.pointer(&pointer).map(bare));
        }

        #[test]
        fn looking_for_two_at_once_finds_each(
            json in any_json(),
            paths in prop::array::uniform2(prop::collection::vec("[a-c0-2]|~1", 0..3)),
        ) {
            let [one, other] = paths.map(|path| path.iter().map(|part| format!("/{part}")).collect::<String>().parse::<Pointer>().unwrap());
            let text = serde_json::to_vec(&json).unwrap();
            prop_assert_eq!(Pointer::find_all([&one, &other], &text), Some([one.find(&text), other.find(&text)]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = "/a/0".parse::<Pointer>().unwrap().find(&bytes);
        }
    }

    #[test]
    fn texts_and_numbers_can_be_kept() {
        let find = |pointer: &str| pointer.parse::<Pointer>().unwrap().find(br#"{"a":[{"id":12},"x"],"ok":true}"#);
        assert_eq!(find("/a/0/id").unwrap().into_text().as_deref(), Some("12"));
        assert_eq!(find("/a/1").unwrap().into_text().as_deref(), Some("x"));
        assert!(find("/ok").unwrap().is(&true.into()) && find("/ok").unwrap().into_text().is_none());
        assert!("a/b".parse::<Pointer>().is_err());
    }
}
