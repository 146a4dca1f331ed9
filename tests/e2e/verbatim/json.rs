//! JSON as nobody writes it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// White space between tokens.
pub(super) fn space() -> impl Strategy<Value = String> + Clone {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\n]{1,3}"]
}

/// A text, quotes included: any character, plainly or by any escape.
pub(super) fn text() -> impl Strategy<Value = String> + Clone {
    vec(character(), 0..8).prop_map(|characters| format!("\"{}\"", characters.concat()))
}

/// A name that no wire has, and no other field of this number.
pub(super) fn name(number: usize) -> impl Strategy<Value = String> {
    let written = (select(vec!["x", "\\u0078", "\\u0078"]), vec(character(), 0..4));
    written.prop_map(move |(x, rest)| format!("\"{x}{number}_{}\"", rest.concat()))
}

/// Any value.
pub(super) fn value() -> BoxedStrategy<String> {
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    let half_characters = ["\"\\ud800\"", "\"\\uDC00x\"", "\"\\udbff\\ud800\""];
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", "1e400", "-0", "-0.0", "1E+2", "[]", "{}"])
            .prop_map(str::to_owned),
        select(half_characters.to_vec()).prop_map(str::to_owned),
        number,
        text(),
        (1..100_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        let spaced =
            (space(), inner.clone(), space()).prop_map(|(before, value, after)| before + &value + &after);
        let list = vec(spaced, 1..4).prop_map(|values| format!("[{}]", values.join(",")));
        // A name may be there twice: only the outermost ones are looked at.
        let names = prop_oneof![text(), Just("\"twice\"".to_owned())];
        let object = vec(field(names, inner), 1..4).prop_map(|fields| format!("{{{}}}", fields.join(",")));
        prop_oneof![list, object]
    })
    .boxed()
}

/// A field with white space wherever it may be.
pub(super) fn field(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let spaced = (space(), name, space(), space(), value, space());
    spaced.prop_map(|(a, name, b, c, value, d)| format!("{a}{name}{b}:{c}{value}{d}"))
}

/// Some fields that nobody knows.
pub(super) fn unknown_fields() -> impl Strategy<Value = Vec<String>> {
    (0..4_usize)
        .prop_flat_map(|count| (0..count).map(|number| field(name(number), value())).collect::<Vec<_>>())
}

/// An object of these fields and of some that nobody knows, in any order.
pub(super) fn object(known: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = String> {
    (known, unknown_fields())
        .prop_flat_map(|(known, unknown)| Just([known, unknown].concat()).prop_shuffle())
        .prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

/// A field of this name, whose value is written so.
pub(super) fn known(
    name: &'static str,
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<String> {
    field(Just(format!("\"{name}\"")), value).boxed()
}

/// The same value each time.
pub(super) fn just(value: &str) -> Just<String> {
    Just(value.to_owned())
}

fn character() -> impl Strategy<Value = String> + Clone {
    let is_plain = |character: &char| !matches!(character, '\0'..='\x1f' | '"' | '\\');
    let escaped = |character: char, is_upper: bool| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.map(|unit| if is_upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") }).collect()
    };
    prop_oneof![
        4 => any::<char>().prop_filter("control characters are escaped", is_plain).prop_map(String::from),
        1 => (any::<char>(), any::<bool>()).prop_map(move |(character, is_upper)| escaped(character, is_upper)),
        1 => select(vec!["\\n", "\\/", "\\\"", "\\\\", "\\b", "\\t", "\\f", "\\r"]).prop_map(str::to_owned),
    ]
}
