//! A line of JSON for each event: when, how grave, its fields, where it comes from, and the span that it is in. What a
//! span's fields are is written once, when it begins.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Lines that are longer give back what they took.
const KEPT_BYTES: usize = 16 * 1024;

thread_local! {
    /// The line that is written.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes events as lines of JSON.
pub(super) struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        LINE.with(|line| {
            // What is written while a line is written, by a value that logs as it is shown, has a line of its own.
            let mut own = Vec::new();
            let mut borrowed = line.try_borrow_mut();
            let line = borrowed.as_deref_mut().unwrap_or(&mut own);
            line.clear();
            write_event(line, context, event)?;
            let written = writer.write_str(std::str::from_utf8(line).map_err(|_not_text| fmt::Error)?);
            line.shrink_to(KEPT_BYTES);
            written
        })
    }
}

fn write_event<S>(
    line: &mut Vec<u8>,
    context: &FmtContext<'_, S, JsonFields>,
    event: &Event<'_>,
) -> fmt::Result
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let metadata = event.metadata();
    let mut time = String::with_capacity(32);
    SystemTime.format_time(&mut Writer::new(&mut time))?;
    let mut fields = Fields { line, failed: false };
    fields.line.push(b'{');
    fields.text("timestamp", &time);
    fields.text("level", metadata.level().as_str());
    event.record(&mut fields);
    fields.text("target", metadata.target());
    if let Some(span) = event.parent().and_then(|id| context.span(id)).or_else(|| context.lookup_current()) {
        fields.key("span");
        let extensions = span.extensions();
        let known = extensions.get::<FormattedFields<JsonFields>>().map(|known| known.fields.as_str());
        // An object that is written already, but for its end.
        let begun = known.and_then(|known| known.strip_suffix('}')).unwrap_or("{");
        fields.line.extend_from_slice(begun.as_bytes());
        fields.text("name", span.name());
        fields.line.push(b'}');
    }
    if fields.failed {
        return Err(fmt::Error);
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// Appends fields to an object that has begun.
struct Fields<'a> {
    line: &'a mut Vec<u8>,
    failed: bool,
}

impl Fields<'_> {
    fn key(&mut self, name: &str) {
        if self.line.last() != Some(&b'{') {
            self.line.push(b',');
        }
        self.json(name);
        self.line.push(b':');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        self.json(text);
    }

    fn json(&mut self, text: &str) {
        self.failed |= serde_json::to_writer(&mut *self.line, text).is_err();
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.key(field.name());
        self.failed |= write!(self.line, "{value}").is_err();
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.plain(field, value),
            // JSON has no such number.
            false => self.text(field.name(), &value.to_string()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        self.failed |= write!(text, "{value:?}").is_err();
        self.text(field.name(), &text);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// The lines of what is done.
    fn lines(work: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .with_writer(written.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_a_line_whatever_is_in_it() {
        let written = lines(|| {
            let error = io::Error::other("a \"quoted\"\nline");
            tracing::warn!(
                a.text = "back\\slash \u{1} \u{1F98A}",
                count = 7_u64,
                below = -7,
                share = 0.5,
                nothing = f64::NAN,
                is_so = true,
                error = &error as &dyn std::error::Error,
                shown = ?Some("x"),
                left_out = None::<u64>,
                "it {} so", "is"
            );
        });
        let [line] = &written[..] else { panic!("{written:?}") };
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
        let expected = json!({
            "timestamp": line["timestamp"], "level": "WARN", "message": "it is so",
            "a.text": "back\\slash \u{1} \u{1F98A}", "count": 7, "below": -7, "share": 0.5, "nothing": "NaN",
            "is_so": true, "error": "a \"quoted\"\nline", "shown": "Some(\"x\")", "target": line["target"],
        });
        assert_eq!(*line, expected);
    }

    #[test]
    fn a_line_says_in_which_span_it_is() {
        let written = lines(|| {
            let bare = tracing::info_span!("bare");
            bare.in_scope(|| tracing::info!("within"));
            let request = tracing::info_span!("request", request.id = "r\"1", status = tracing::field::Empty);
            request.record("status", 200);
            request.in_scope(|| tracing::info!("within"));
            tracing::info!("outside");
        });
        let spans: Vec<_> = written.iter().map(|line| &line["span"]).collect();
        let request = json!({"request.id": "r\"1", "status": 200, "name": "request"});
        assert_eq!(spans, [&json!({"name": "bare"}), &request, &Value::Null]);
    }

    #[test]
    fn a_value_that_logs_as_it_is_shown_spoils_nothing() {
        struct Talkative;
        impl fmt::Debug for Talkative {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                tracing::info!("meanwhile");
                f.write_str("shown")
            }
        }
        let written = lines(|| tracing::info!(value = ?Talkative, "first"));
        assert!(written.iter().any(|line| line["value"] == "shown"), "{written:?}");
    }
}
