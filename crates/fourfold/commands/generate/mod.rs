//! Makes something with a model and saves it: over HTTP, from the server that `FOURFOLD_URL` names or from
//! one that is started in this process.

mod client;
mod local;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use fourfold_domain::ExternalId;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use self::client::{Client, Happened, Job};
use self::local::LocalServer;
use super::{Context, quiet_logs};
use crate::{runtimes, shutdown, telemetry};

#[derive(Args)]
pub(super) struct Generate {
    /// What to make: the prompt of a picture or video, the text to speak, what is said to a chat.
    prompt: Option<String>,
    /// The model; `fourfold models` lists them.
    #[arg(long, default_value = "mock-image")]
    model: String,
    /// A parameter of the model, such as size=1024x1024; may be given several times. With audio=@speech.wav the
    /// file is handed in.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = parameter)]
    inputs: Vec<(String, Value)>,
    /// Where to save the result; several results get numbers. Without it, the job's id and the kind of file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// On whose behalf.
    #[arg(long, default_value = "cli")]
    user: ExternalId,
}

pub(super) fn run(context: &Context, command: &Generate) -> Result<ExitCode> {
    let _logs = telemetry::start_logs(&quiet_logs())?;
    let work = runtimes::work()?;
    match context.variable("FOURFOLD_URL") {
        Some(url) => {
            let key = context.variable("FOURFOLD_API_KEY");
            let key = key.context("FOURFOLD_URL is set, so FOURFOLD_API_KEY must be set too")?;
            work.block_on(until_interrupted(generate(&Client::new(url, key, &command.user)?, command)))?;
        }
        None => {
            let server = LocalServer::start(context.checked()?, &context.sources, &work, &command.user)?;
            let client = Client::new(server.url(), server.key().to_owned(), &command.user)?;
            let generated = work.block_on(until_interrupted(generate(&client, command)));
            server.stop(&work);
            generated?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets a signal end the work early, so that what was started for it is put away.
async fn until_interrupted(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        done = work => done,
        signal = shutdown::requested() => bail!("interrupted by {}", signal?),
    }
}

/// Fails before anything is paid for, if the result couldn't be saved.
fn check_place(output: &Path) -> Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "--output: there is no folder {}", folder.display());
    ensure!(!output.is_dir(), "--output: {} is a folder; name a file", output.display());
    Ok(())
}

async fn generate(client: &Client, command: &Generate) -> Result<()> {
    if let Some(output) = &command.output {
        check_place(output)?;
    }
    let mut input: Map<String, Value> = command.inputs.iter().cloned().collect();
    if let Some(prompt) = &command.prompt {
        let (name, value) = placed(prompt, &client.parameters(&command.model).await?);
        input.insert(name.to_owned(), value);
    }
    for (name, value) in &mut input {
        if let Some(path) = value.as_str().and_then(|text| text.strip_prefix('@')) {
            let uploaded = client.upload(Path::new(path)).await;
            *value = Value::String(uploaded.with_context(|| format!("--input {name}=@{path}"))?);
        }
    }
    let job = client.submit(&command.model, input).await?;
    let bar = ProgressBar::new(100);
    bar.set_style(
        ProgressStyle::with_template("{msg:>10} [{bar:40}] {pos:>3} % {elapsed}")?.progress_chars("=> "),
    );
    let job = follow(client, &job.id, &bar).await?;
    if job.state != "succeeded" {
        bar.abandon_with_message(job.state.clone());
        let why = job.error.map_or_else(|| "no reason was given".to_owned(), |error| error.message);
        bail!("the job {} {}: {why}", job.id, job.state);
    }
    bar.finish_with_message("succeeded");
    for artifact in &job.artifacts {
        let path = path(command.output.as_deref(), &job, artifact.index, &artifact.media_type);
        let saved = client.download(&job.id, artifact.index, &path).await;
        saved.with_context(|| format!("the job {} succeeded, but its result wasn't saved", job.id))?;
        println!("{} ({}, {} bytes)", path.display(), artifact.media_type, artifact.size_bytes);
    }
    println!("{} credits were charged", job.credits.charged);
    Ok(())
}

/// Where a model takes the words that it is given.
fn placed(prompt: &str, parameters: &Value) -> (&'static str, Value) {
    let takes = |name: &str| parameters["properties"].get(name).is_some();
    match () {
        () if takes("prompt") => ("prompt", json!(prompt)),
        () if takes("messages") => ("messages", json!([{"role": "user", "content": prompt}])),
        () if takes("texts") => ("texts", json!([prompt])),
        () if takes("text") => ("text", json!(prompt)),
        // The server says what the model takes instead.
        () => ("prompt", json!(prompt)),
    }
}

/// Follows a job to its end; a stream that breaks off is taken up again where it was.
async fn follow(client: &Client, id: &str, bar: &ProgressBar) -> Result<Job> {
    let mut seen = None;
    let mut broken = 0;
    loop {
        let mut events = client.follow(id, seen.clone()).await?;
        loop {
            match events.next().await {
                Ok(Some(Happened { version, job })) => {
                    (seen, broken) = (version.or(seen.take()), 0);
                    bar.set_position(position(&job));
                    bar.set_message(job.state.clone());
                    if job.is_final() {
                        return Ok(job);
                    }
                }
                Ok(None) => break,
                Err(error) if broken < 3 => {
                    bar.println(format!("the events broke off ({error:#}), connecting again"));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        broken += 1;
    }
}

fn position(job: &Job) -> u64 {
    match job.state.as_str() {
        "queued" | "starting" => 0,
        "storing" => 99,
        "succeeded" => 100,
        _ => job.progress.unwrap_or(0).min(99),
    }
}

/// `picture.png`, or `picture-1.png` for the second of several.
fn path(output: Option<&Path>, job: &Job, index: u32, media_type: &str) -> PathBuf {
    let extension =
        media_type.rsplit('/').next().filter(|kind| kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let output = match output {
        Some(output) => output.to_owned(),
        None => PathBuf::from(format!("{}.{}", job.id, extension.unwrap_or("bin"))),
    };
    if job.artifacts.len() < 2 {
        return output;
    }
    let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = match output.extension() {
        Some(extension) => format!("{stem}-{index}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{index}"),
    };
    output.with_file_name(numbered)
}

/// `n=2` is a number, `prompt=two foxes` a text.
fn parameter(written: &str) -> Result<(String, Value), String> {
    let (name, value) = written.split_once('=').ok_or("must be NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_json_where_they_can_be() {
        assert_eq!(parameter("n=2"), Ok(("n".to_owned(), Value::from(2))));
        assert_eq!(parameter("size=64x64"), Ok(("size".to_owned(), Value::from("64x64"))));
        assert_eq!(parameter("prompt=a=b"), Ok(("prompt".to_owned(), Value::from("a=b"))));
        assert!(parameter("n").is_err());
    }
}
