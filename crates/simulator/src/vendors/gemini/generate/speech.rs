//! What a model that speaks is told of voices.

use serde_json::Value;

use crate::refusal::Refusal;

/// Refuses voices that the model doesn't have, and what only newer models can.
pub(super) fn check(model: &str, config: &Value, is_streamed: bool) -> Result<(), Refusal> {
    let is_newest = model.starts_with("gemini-3.8-");
    if is_streamed && model.starts_with("gemini-2.5-") {
        let reason = format!("Streaming is not supported by models/{model}.");
        return Err(Refusal::unsupported("model", reason));
    }
    let at = "generation_config.speech_config";
    let speakers = &config["multiSpeakerVoiceConfig"]["speakerVoiceConfigs"];
    let speakers = speakers.as_array().map(Vec::as_slice).unwrap_or_default();
    if config.get("multiSpeakerVoiceConfig").is_some() {
        let at = format!("{at}.multi_speaker_voice_config");
        if config.get("voiceConfig").is_some() {
            let reason = "voice_config and multi_speaker_voice_config can not be set together.";
            return Err(Refusal::unsupported(at, reason));
        }
        if speakers.is_empty() {
            return Err(Refusal::missing(format!("{at}.speaker_voice_configs")));
        }
        if speakers.len() > 2 && !is_newest {
            let allowed = "at most 2 speakers with this model";
            return Err(Refusal::not_allowed(format!("{at}.speaker_voice_configs"), speakers.len(), allowed));
        }
    }
    for (index, speaker) in speakers.iter().enumerate() {
        let at = format!("{at}.multi_speaker_voice_config.speaker_voice_configs[{index}]");
        if speaker["speaker"].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::missing(format!("{at}.speaker")));
        }
        check_voice(&speaker["voiceConfig"], is_newest, &format!("{at}.voice_config"))?;
    }
    check_voice(&config["voiceConfig"], is_newest, &format!("{at}.voice_config"))
}

/// The voices that need no recording; any case does.
const VOICES: [&str; 30] = [
    "Achernar",
    "Achird",
    "Algenib",
    "Algieba",
    "Alnilam",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Charon",
    "Despina",
    "Enceladus",
    "Erinome",
    "Fenrir",
    "Gacrux",
    "Iapetus",
    "Kore",
    "Laomedeia",
    "Leda",
    "Orus",
    "Puck",
    "Pulcherrima",
    "Rasalgethi",
    "Sadachbia",
    "Sadaltager",
    "Schedar",
    "Sulafat",
    "Umbriel",
    "Vindemiatrix",
    "Zephyr",
    "Zubenelgenubi",
];

fn check_voice(config: &Value, is_newest: bool, at: &str) -> Result<(), Refusal> {
    if config.get("voice").is_some() && !is_newest {
        return Err(Refusal::unsupported(format!("{at}.voice"), "voice is not supported by this model."));
    }
    let named = config["voice"].as_str().or(config["prebuiltVoiceConfig"]["voiceName"].as_str());
    match named {
        Some(name) if !is_voice(name) => {
            let allowed = format!("one of {}", VOICES.join(", "));
            Err(Refusal::not_allowed(format!("{at}.prebuilt_voice_config.voice_name"), name, allowed))
        }
        _ => Ok(()),
    }
}

pub(in super::super) fn is_voice(name: &str) -> bool {
    VOICES.iter().any(|voice| voice.eq_ignore_ascii_case(name))
}
