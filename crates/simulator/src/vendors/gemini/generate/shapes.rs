//! What a request to generate may hold: what the page names, and what the vendor's own clients send besides.

use super::super::models::OUTPUT_TOKENS_MAX;
use super::super::shape::Shape::{Any, Bytes, Flag, Integer, List, Message as Object, Number, OneOf, Text};
use super::super::shape::{Message, Shape};
use super::super::sizes::{PICTURE_RATIOS, PICTURE_SIZES};

pub(super) const GENERATE: Message = &[
    ("model", Text),
    ("contents", List(&Object(CONTENT))),
    ("systemInstruction", Object(CONTENT)),
    ("tools", List(&Object(TOOL))),
    ("toolConfig", Object(TOOL_CONFIG)),
    ("safetySettings", List(&Object(SAFETY_SETTING))),
    ("generationConfig", Object(GENERATION_CONFIG)),
    ("cachedContent", Text),
    ("continuationToken", Text),
    ("labels", Any),
    ("serviceTier", Text),
    ("store", Flag),
];

pub(super) const COUNT_TOKENS: Message =
    &[("contents", List(&Object(CONTENT))), ("generateContentRequest", Object(GENERATE))];

pub(in super::super) const CONTENT: Message = &[("role", Text), ("parts", List(&Object(PART)))];

const PART: Message = &[
    ("text", Text),
    ("inlineData", Object(&[("mimeType", Text), ("data", Bytes), ("displayName", Text)])),
    ("fileData", Object(&[("mimeType", Text), ("fileUri", Text), ("displayName", Text)])),
    ("functionCall", Object(FUNCTION_CALL)),
    ("functionResponse", Object(FUNCTION_RESPONSE)),
    ("executableCode", Any),
    ("codeExecutionResult", Any),
    ("toolCall", Any),
    ("toolResponse", Any),
    ("thought", Flag),
    ("thoughtSignature", Bytes),
    ("audioMetadata", Any),
    ("audioTranscription", Any),
    ("documentMetadata", Any),
    ("mediaProcessing", Any),
    ("mediaResolution", Any),
    ("partMetadata", Any),
    ("speechMetadata", Any),
    ("spreadsheetMetadata", Any),
    ("videoMetadata", Any),
];

/// What a part says; it has one of these.
pub(super) const PART_KINDS: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

const FUNCTION_CALL: Message =
    &[("id", Text), ("name", Text), ("args", Any), ("partialArgs", Any), ("willContinue", Flag)];

const FUNCTION_RESPONSE: Message = &[
    ("id", Text),
    ("name", Text),
    ("response", Any),
    ("parts", Any),
    ("scheduling", Text),
    ("willContinue", Flag),
];

const TOOL: Message = &[
    ("functionDeclarations", List(&Object(FUNCTION_DECLARATION))),
    ("googleSearch", Any),
    ("googleSearchRetrieval", Any),
    ("codeExecution", Any),
    ("urlContext", Any),
    ("computerUse", Any),
    ("fileSearch", Any),
    ("googleMaps", Any),
    ("mcpServers", Any),
];

const FUNCTION_DECLARATION: Message = &[
    ("name", Text),
    ("description", Text),
    ("behavior", Text),
    ("parameters", Any),
    ("parametersJsonSchema", Any),
    ("response", Any),
    ("responseJsonSchema", Any),
];

const TOOL_CONFIG: Message = &[
    (
        "functionCallingConfig",
        Object(&[
            ("mode", OneOf(&["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"])),
            ("allowedFunctionNames", List(&Text)),
        ]),
    ),
    ("retrievalConfig", Any),
    ("includeServerSideToolInvocations", Flag),
];

const SAFETY_SETTING: Message = &[("category", OneOf(CATEGORIES)), ("threshold", OneOf(THRESHOLDS))];

const CATEGORIES: &[&str] = &[
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];

const THRESHOLDS: &[&str] = &[
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
];

const WHOLE: Shape = Integer(i32::MIN as i64, i32::MAX as i64);

const GENERATION_CONFIG: Message = &[
    ("candidateCount", Integer(1, 8)),
    ("maxOutputTokens", Integer(1, OUTPUT_TOKENS_MAX)),
    ("stopSequences", List(&Text)),
    ("temperature", Number(0.0, 2.0)),
    ("topP", Number(0.0, 1.0)),
    ("topK", Number(1.0, f64::MAX)),
    ("seed", WHOLE),
    ("presencePenalty", Number(-2.0, 2.0)),
    ("frequencyPenalty", Number(-2.0, 2.0)),
    ("responseMimeType", Text),
    ("responseSchema", Any),
    ("responseJsonSchema", Any),
    ("responseModalities", List(&OneOf(&["TEXT", "IMAGE", "AUDIO"]))),
    ("responseLogprobs", Flag),
    ("logprobs", Integer(0, 20)),
    ("speechConfig", Object(SPEECH_CONFIG)),
    ("imageConfig", Object(&[("aspectRatio", OneOf(PICTURE_RATIOS)), ("imageSize", OneOf(PICTURE_SIZES))])),
    ("thinkingConfig", Object(THINKING_CONFIG)),
    ("mediaResolution", Text),
    ("audioTranscriptionConfig", Any),
    ("enableEnhancedCivicAnswers", Flag),
];

const THINKING_CONFIG: Message = &[
    ("includeThoughts", Flag),
    ("thinkingBudget", WHOLE),
    ("thinkingLevel", OneOf(&["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"])),
];

const SPEECH_CONFIG: Message = &[
    ("voiceConfig", Object(VOICE_CONFIG)),
    (
        "multiSpeakerVoiceConfig",
        Object(&[(
            "speakerVoiceConfigs",
            List(&Object(&[("speaker", Text), ("voiceConfig", Object(VOICE_CONFIG))])),
        )]),
    ),
    ("languageCode", Text),
];

const VOICE_CONFIG: Message = &[("prebuiltVoiceConfig", Object(&[("voiceName", Text)])), ("voice", Text)];
