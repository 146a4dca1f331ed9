//! The house as `docs/architecture.md` draws it, held against what the manifests say.
//!
//! Cargo refuses what a manifest doesn't name; this test refuses what a manifest must not name. `deny.toml` says the
//! same of third-party crates that come in by way of others.

use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// A package of ours, by the short name that the drawing uses.
struct Room {
    name: &'static str,
    /// The rooms that it may depend on.
    uses: &'static [&'static str],
    /// The rooms that its tests may use besides. Tests speak HTTP through `clients`, against `simulator`.
    tests_use: &'static [&'static str],
}

const ROOMS: [Room; 10] = [
    Room {
        name: "fourfold",
        uses: &["domain", "clients", "providers", "forward", "service", "api", "simulator"],
        tests_use: &["servers"],
    },
    Room { name: "api", uses: &["service", "forward", "domain"], tests_use: &["clients", "simulator"] },
    Room { name: "service", uses: &["domain"], tests_use: &["clients", "simulator", "servers"] },
    Room { name: "forward", uses: &["clients"], tests_use: &["simulator"] },
    Room { name: "providers", uses: &["clients", "domain"], tests_use: &["simulator"] },
    Room { name: "clients", uses: &[], tests_use: &["simulator"] },
    Room { name: "domain", uses: &[], tests_use: &["simulator"] },
    Room { name: "simulator", uses: &[], tests_use: &["clients"] },
    Room { name: "servers", uses: &[], tests_use: &[] },
    Room { name: "xtask", uses: &["servers"], tests_use: &[] },
];

/// A third-party crate that is given to some rooms only.
struct Guarded {
    name: &'static str,
    rooms: &'static [&'static str],
    /// Whether the tests of other rooms have to do without it, too.
    in_tests: bool,
}

const GUARDED: [Guarded; 21] = [
    // Only `clients` opens a connection to a vendor; tests speak HTTP through it.
    Guarded { name: "reqwest", rooms: &["clients"], in_tests: true },
    Guarded { name: "hyper-rustls", rooms: &["clients"], in_tests: true },
    Guarded { name: "rustls", rooms: &["clients", "service"], in_tests: true },
    // Only these two answer HTTP.
    Guarded { name: "axum", rooms: &["api", "simulator"], in_tests: false },
    Guarded { name: "tower-http", rooms: &["api", "simulator"], in_tests: false },
    Guarded { name: "utoipa", rooms: &["api"], in_tests: true },
    Guarded { name: "utoipa-axum", rooms: &["api"], in_tests: true },
    Guarded { name: "utoipa-swagger-ui", rooms: &["api"], in_tests: true },
    // Only `service` keeps anything. Its ports are what the others see of it.
    Guarded { name: "rusqlite", rooms: &["service"], in_tests: false },
    Guarded { name: "sqlx", rooms: &["service"], in_tests: false },
    Guarded { name: "tokio-postgres", rooms: &["service"], in_tests: false },
    Guarded { name: "redis", rooms: &["service"], in_tests: false },
    Guarded { name: "aws-sdk-s3", rooms: &["service"], in_tests: false },
    Guarded { name: "aws-config", rooms: &["service"], in_tests: false },
    // Only `service` says whose tokens count.
    Guarded { name: "jsonwebtoken", rooms: &["service"], in_tests: false },
    // The domain has no runtime and does no I/O.
    Guarded {
        name: "tokio",
        rooms: &["fourfold", "api", "service", "forward", "providers", "clients", "simulator", "servers"],
        in_tests: true,
    },
    // Errors have types everywhere but at the very top.
    Guarded { name: "anyhow", rooms: &["fourfold", "xtask"], in_tests: false },
    // What concerns the whole process is chosen once, in the binary.
    Guarded { name: "clap", rooms: &["fourfold", "xtask"], in_tests: true },
    Guarded { name: "mimalloc", rooms: &["fourfold"], in_tests: true },
    Guarded { name: "tracing-subscriber", rooms: &["fourfold"], in_tests: false },
    Guarded { name: "metrics-exporter-prometheus", rooms: &["fourfold"], in_tests: false },
];

/// One dependency as a manifest of ours names it.
struct Arrow {
    from: String,
    to: String,
    only_for_tests: bool,
}

#[test]
fn manifests_draw_no_other_arrow() {
    let metadata = metadata();
    let arrows = metadata.workspace_packages().into_iter().flat_map(arrows).collect::<Vec<_>>();
    assert_holds(&refused(&arrows));
}

#[test]
fn every_room_is_there() {
    let metadata = metadata();
    for room in &ROOMS {
        let found = metadata.workspace_packages().iter().any(|package| room_name(&package.name) == room.name);
        assert!(found, "{}: drawn in tests/architecture.rs, but there is no such package", room.name);
    }
}

#[test]
fn every_package_inherits_the_lints() {
    let metadata = metadata();
    let workspace = read(metadata.workspace_root.join("Cargo.toml").as_ref());
    for lint in ["unsafe_code = \"forbid\"", "missing_docs = \"warn\""] {
        let held = section(&workspace, "[workspace.lints.rust]").any(|line| line == lint);
        assert!(held, "Cargo.toml: [workspace.lints.rust] must say `{lint}`");
    }
    for package in metadata.workspace_packages() {
        let inherited =
            section(&read(package.manifest_path.as_ref()), "[lints]").any(|line| line == "workspace = true");
        assert!(inherited, "{}: its manifest must say `[lints] workspace = true`", package.name);
    }
}

#[test]
fn only_the_binary_reads_the_environment() {
    let metadata = metadata();
    let rooms = metadata.workspace_root.join("crates");
    let mut refused = Vec::new();
    for room in ROOMS.iter().filter(|room| room.name != "fourfold") {
        visit_sources(rooms.join(room.name).join("src").as_ref(), &mut |path, source| {
            refused.extend(environment_reads(source).map(|line| {
                format!(
                    "{}:{line}: only crates/fourfold reads the environment; take a setting",
                    path.display()
                )
            }));
        });
    }
    assert_holds(&refused);
}

/// A sentence for each arrow that the drawing doesn't have.
fn refused(arrows: &[Arrow]) -> Vec<String> {
    arrows.iter().filter_map(refusal).collect()
}

fn refusal(arrow: &Arrow) -> Option<String> {
    let Arrow { from, to, only_for_tests } = arrow;
    let (from_name, to_name) = (room_name(from), room_name(to));
    let Some(room) = ROOMS.iter().find(|room| room.name == from_name) else {
        return Some(format!(
            "{from}: not drawn; give it a room in tests/architecture.rs and docs/architecture.md"
        ));
    };
    if ROOMS.iter().any(|room| room.name == to_name) {
        let allowed = room.uses.contains(&to_name)
            || *only_for_tests && (room.tests_use.contains(&to_name) || from == to);
        return (!allowed).then(|| {
            if *only_for_tests {
                let allowed = [room.uses, room.tests_use].concat();
                format!("{from} -> {to}: the tests of {from_name} may depend on {}", list(&allowed))
            } else {
                format!("{from} -> {to}: {from_name} may depend on {}", list(room.uses))
            }
        });
    }
    let guarded = GUARDED.iter().find(|guarded| guarded.name == to)?;
    let allowed = guarded.rooms.contains(&from_name) || *only_for_tests && !guarded.in_tests;
    (!allowed).then(|| format!("{from} -> {to}: {to} is for {}", list(guarded.rooms)))
}

/// `a, b and c only`.
fn list(names: &[&str]) -> String {
    match names {
        [] => "none of ours".to_owned(),
        [name] => format!("{name} only"),
        [first @ .., last] => format!("{} and {last} only", first.join(", ")),
    }
}

fn room_name(package: &str) -> &str {
    package.strip_prefix("fourfold-").unwrap_or(package)
}

fn arrows(package: &Package) -> impl Iterator<Item = Arrow> {
    package.dependencies.iter().map(|dependency| Arrow {
        from: package.name.to_string(),
        to: dependency.name.clone(),
        only_for_tests: dependency.kind == DependencyKind::Development,
    })
}

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo can describe the workspace")
}

fn assert_holds(refused: &[String]) {
    assert!(refused.is_empty(), "\n{}\n", refused.join("\n"));
}

/// The lines of a manifest's section, up to the next one.
fn section<'a>(manifest: &'a str, header: &str) -> impl Iterator<Item = &'a str> {
    let lines = manifest.lines().map(str::trim).skip_while(move |line| *line != header);
    lines.skip(1).take_while(|line| !line.starts_with('['))
}

/// The numbers of the lines that read a variable at run time. Clippy's configuration forbids it as well; this finds
/// what was silenced there.
fn environment_reads(source: &str) -> impl Iterator<Item = usize> {
    let lines = source.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("env::var") && !line.trim_start().starts_with("//"))
        .map(|(i, _)| i + 1)
}

fn visit_sources(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).expect("every room has a src folder") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            visit_sources(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &read(&path));
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rules themselves: a wrong arrow is refused in words, a right one is not.
mod rules {
    use super::*;

    #[test]
    fn drawn_arrows_are_allowed() {
        check("fourfold", "fourfold-simulator", &[]);
        check("fourfold-api", "fourfold-service", &[]);
        check("fourfold-clients", "reqwest", &[]);
        check("fourfold-api", "axum", &[]);
        check("fourfold-domain", "serde", &[]);
    }

    #[test]
    fn sibling_that_is_not_drawn_is_refused() {
        check(
            "fourfold-api",
            "fourfold-clients",
            &["fourfold-api -> fourfold-clients: api may depend on service, forward and domain only"],
        );
        check(
            "fourfold-service",
            "fourfold-providers",
            &["fourfold-service -> fourfold-providers: service may depend on domain only"],
        );
        check(
            "fourfold-clients",
            "fourfold-domain",
            &["fourfold-clients -> fourfold-domain: clients may depend on none of ours"],
        );
        check("fourfold-domain", "xtask", &["fourfold-domain -> xtask: domain may depend on none of ours"]);
    }

    #[test]
    fn third_party_crate_of_another_room_is_refused() {
        check("fourfold-service", "reqwest", &["fourfold-service -> reqwest: reqwest is for clients only"]);
        check("fourfold-forward", "axum", &["fourfold-forward -> axum: axum is for api and simulator only"]);
        check("fourfold", "rusqlite", &["fourfold -> rusqlite: rusqlite is for service only"]);
    }

    #[test]
    fn package_without_a_room_is_refused() {
        check(
            "fourfold-common",
            "serde",
            &["fourfold-common: not drawn; give it a room in tests/architecture.rs and docs/architecture.md"],
        );
    }

    #[test]
    fn tests_may_use_the_simulator_and_their_own_crate() {
        check_tests("fourfold-providers", "fourfold-simulator", &[]);
        check_tests("fourfold-simulator", "fourfold-clients", &[]);
        check_tests("fourfold-service", "fourfold-service", &[]);
        check_tests("fourfold-clients", "axum", &[]);
    }

    #[test]
    fn tests_may_not_use_providers_or_another_http_client() {
        check_tests(
            "fourfold-service",
            "fourfold-providers",
            &[
                "fourfold-service -> fourfold-providers: the tests of service may depend on domain, clients, simulator and servers only",
            ],
        );
        check_tests("fourfold-api", "reqwest", &["fourfold-api -> reqwest: reqwest is for clients only"]);
    }

    #[test]
    fn section_ends_where_the_next_begins() {
        let manifest = "[lints]\nworkspace = true\n\n[dependencies]\nserde = \"1\"\n";
        assert_eq!(section(manifest, "[lints]").collect::<Vec<_>>(), ["workspace = true", ""]);
        assert_eq!(section(manifest, "[features]").count(), 0);
    }

    #[test]
    fn environment_read_is_found_by_its_line() {
        let source = "// std::env::var is forbidden\nlet a = env!(\"A\");\nlet b = std::env::var(\"B\");\n";
        assert_eq!(environment_reads(source).collect::<Vec<_>>(), [3]);
    }

    #[track_caller]
    fn check(from: &str, to: &str, refusals: &[&str]) {
        check_arrow(from, to, false, refusals);
    }

    #[track_caller]
    fn check_tests(from: &str, to: &str, refusals: &[&str]) {
        check_arrow(from, to, true, refusals);
    }

    #[track_caller]
    fn check_arrow(from: &str, to: &str, only_for_tests: bool, refusals: &[&str]) {
        let arrow = Arrow { from: from.to_owned(), to: to.to_owned(), only_for_tests };
        assert_eq!(refused(&[arrow]), refusals);
    }
}
