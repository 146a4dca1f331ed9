//! The first provider of a route fails in each way that there is: the job ends right, no vendor is paid for work
//! that another is asked to do again, and the attempts tell the story.

use fourfold_simulator::{FILTERED, Simulator, SimulatorSettings, Vendor};
use serde_json::{Value, json};

use crate::support::{Api, Home, Server, ended, read_books};

/// Two vendors of one wire, and a model of each kind that the first one serves and else the second.
struct World {
    first: Simulator,
    second: Simulator,
    home: Home,
    server: Server,
    caller: Api,
}

impl World {
    async fn new() -> Self {
        let extra_models = ["picture", "talk", "film"].map(str::to_owned).to_vec();
        let settings = SimulatorSettings { extra_models, ..SimulatorSettings::default() };
        let (first, second) = (Simulator::start(settings.clone()), Simulator::start(settings));
        let home =
            Home::new().with("FOURFOLD__JOBS__POLL_MAX", "50ms").with("FOURFOLD__JOBS__BACKOFF", "10ms");
        std::fs::write(home.path().join("fourfold.yaml"), configuration(&first, &second)).unwrap();
        let server = home.start().await;
        let caller = server.admin.user("u1");
        server.admin.grant("u1", "100").await;
        Self { first, second, home, server, caller }
    }

    /// What became of a job while the first vendor failed so: its state, its error, and who was asked with what
    /// outcome.
    async fn story(&self, model: &str, requests: &str, fault: &str) -> (String, Value) {
        let rule = self.first.fault(requests, fault).unwrap();
        let paid_before = self.paid();
        let job = self.caller.submitted(&json!({"model": model, "input": input(model)})).await;
        let job = ended(&self.caller, &job).await;
        self.first.clear_fault(rule);
        let paid = self.paid() - paid_before;
        assert!(paid <= 1, "{fault}: {paid} vendors were paid: {job}");
        let succeeded = job["state"] == "succeeded";
        assert_eq!(job["credits"]["charged"] != "0", succeeded, "{fault}: {job}");
        assert!(!succeeded || paid == 1, "{fault}: {job}");
        // What the vendor said of its credential was the fault's; the next one finds it ready again.
        self.server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await.json(200);
        (told(&job), job)
    }

    fn paid(&self) -> usize {
        self.first.paid_tasks().len() + self.second.paid_tasks().len()
    }
}

/// Who was asked and what came of it, in one line.
fn told(job: &Value) -> String {
    let attempts = job["attempts"].as_array().unwrap().iter().map(|attempt| {
        format!("{} {}", attempt["provider"].as_str().unwrap(), attempt["state"].as_str().unwrap())
    });
    let mut words: Vec<_> = attempts.collect();
    words.push(job["error"]["code"].as_str().unwrap_or("done").to_owned());
    words.join(", ")
}

fn input(model: &str) -> Value {
    match model {
        "talk" => json!({"messages": [{"role": "user", "content": "Where do foxes live?"}]}),
        _ => json!({"prompt": "a red fox"}),
    }
}

fn configuration(first: &Simulator, second: &Simulator) -> String {
    let provider = |name: &str, base_url: &str| {
        format!(
            "  {name}:
    kind: openai
    api_key: key
    base_url: {base_url}
    timeouts: {{first_byte: 400ms, idle: 400ms}}
    retry: {{retries_max: 0}}
    breaker: {{failures_max: 0}}
    models: {{picture: {{modality: image}}, talk: {{modality: chat}}, film: {{modality: video}}}}
"
        )
    };
    let model = |name: &str, first: &str, vendor_model: &str, modality: &str, rates: &str| {
        format!(
            "  {name}:
    modality: {modality}
    deadline: 5s
    route: [{{provider: {first}, model: {vendor_model}}}, {{provider: second, model: {vendor_model}}}]
    price: {{version: v1, rates: [{rates}]}}
"
        )
    };
    let image = "{unit: image, credits: \"0.04\"}";
    let tokens = "{unit: input_token, credits: \"1\"}, {unit: output_token, credits: \"4\"}";
    let seconds = "{unit: video_second, credits: \"0.1\"}";
    [
        "providers:\n".to_owned(),
        provider("first", &first.base_url(Vendor::OpenAi)),
        provider("second", &second.base_url(Vendor::OpenAi)),
        provider("gone", "http://127.0.0.1:1/v1"),
        "models:\n".to_owned(),
        model("picture", "first", "picture", "image", image),
        model("talk", "first", "talk", "chat", tokens),
        model("film", "first", "film", "video", seconds),
        model("unreachable", "gone", "picture", "image", image),
    ]
    .concat()
}

/// Each fault with what becomes of the job.
const STORIES: [(&str, &str); 25] = [
    // It certainly took nothing: the second one is asked.
    ("status=503; message=overloaded", "first failed, second succeeded, done"),
    ("status=429", "first failed, second succeeded, done"),
    ("status=429; retry-after=60", "first failed, second succeeded, done"),
    ("status=429; code=insufficient_quota", "first failed, second succeeded, done"),
    ("status=401", "first failed, second succeeded, done"),
    ("status=402", "first failed, second succeeded, done"),
    ("status=403", "first failed, second succeeded, done"),
    ("status=404; code=model_not_found", "first failed, second succeeded, done"),
    ("status=400", "first failed, second succeeded, done"),
    ("status=422", "first failed, second succeeded, done"),
    // A verdict on what was asked for.
    ("status=400; code=content_policy_violation", "first failed, refused"),
    // Nobody can tell whether it took the work: nobody else is asked.
    ("status=500", "first uncertain, uncertain"),
    ("status=500; accept", "first uncertain, uncertain"),
    ("status=502", "first uncertain, uncertain"),
    ("status=504", "first uncertain, uncertain"),
    ("lose", "first uncertain, uncertain"),
    ("hang=before-body", "first uncertain, uncertain"),
    ("hang=after-body", "first uncertain, uncertain"),
    ("hang=after-body; accept", "first uncertain, uncertain"),
    ("cut=20", "first uncertain, uncertain"),
    ("stall=20", "first uncertain, uncertain"),
    // It did the work, and what it answered is of no use.
    ("malformed", "first lost, unreadable"),
    // It is only slow, or calls its answer something else.
    ("delay=50ms", "first succeeded, done"),
    ("drip=64/1ms", "first succeeded, done"),
    ("content-type=text/html", "first succeeded, done"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_ends_right_for_pictures_and_chats() {
    let world = World::new().await;
    for (model, requests) in
        [("picture", "POST /openai/v1/images/generations"), ("talk", "POST /openai/v1/chat/completions")]
    {
        for (fault, expected) in STORIES {
            let (told, job) = world.story(model, requests, fault).await;
            assert_eq!(told, expected, "{model} {fault}: {job}");
        }
    }
    let filtered = json!([{"role": "user", "content": format!("{FILTERED} fox")}]);
    let job = world.caller.submitted(&json!({"model": "talk", "input": {"messages": filtered}})).await;
    let job = ended(&world.caller, &job).await;
    assert_eq!(
        (told(&job).as_str(), &job["credits"]["charged"]),
        ("first failed, refused", &json!("0")),
        "{job}"
    );
    let job = world.caller.submitted(&json!({"model": "unreachable", "input": input("picture")})).await;
    let job = ended(&world.caller, &job).await;
    assert_eq!(told(&job), "gone failed, second succeeded, done", "{job}");
    read_books(&world.home, &world.caller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_taken_is_nobody_elses() {
    let world = World::new().await;
    for (fault, expected) in [
        ("task=fail", "first failed, failed"),
        // Nobody knows whether it is made after all.
        ("task=stall", "first uncertain, expired"),
        ("task=forget", "first uncertain, expired"),
    ] {
        let (told, job) = world.story("film", "POST /openai/v1/videos", fault).await;
        assert_eq!(told, expected, "{fault}: {job}");
    }
    // What goes wrong while it is asked how the task stands, or while the film is fetched, is tried again.
    for (requests, fault) in [
        ("GET /openai/v1/videos/{id}", "status=500; times=2"),
        ("GET /openai/v1/videos/{id}", "malformed; times=1"),
        ("GET /openai/v1/videos/{id}/content", "cut=100; times=1"),
        ("GET /openai/v1/videos/{id}/content", "status=404; times=1"),
    ] {
        let (told, job) = world.story("film", requests, fault).await;
        assert_eq!(told, "first succeeded, done", "{fault}: {job}");
    }
    read_books(&world.home, &world.caller).await;
}
