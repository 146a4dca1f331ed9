//! What the vendor's filter lets through, and what it found.

use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What the filter lets through of one kind.
    pub struct SafetySetting {
        must {
            /// The kind of harm.
            category: HarmCategory,
            /// From when on it is blocked.
            threshold: HarmBlockThreshold,
        }
        may {}
    }
}

wire_type! {
    /// What the filter found of one kind.
    pub struct SafetyRating {
        must {
            /// The kind of harm.
            category: HarmCategory,
        }
        may {
            /// How likely it is there.
            probability: HarmProbability,
            /// Whether this is why something was blocked.
            blocked: bool,
        }
    }
}

open_enum! {
    /// A kind of harm.
    pub enum HarmCategory {
        /// Harassment.
        Harassment = "HARM_CATEGORY_HARASSMENT",
        /// Hate speech.
        HateSpeech = "HARM_CATEGORY_HATE_SPEECH",
        /// Sexually explicit contents.
        SexuallyExplicit = "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        /// Dangerous contents.
        DangerousContent = "HARM_CATEGORY_DANGEROUS_CONTENT",
        /// Contents that may harm elections.
        CivicIntegrity = "HARM_CATEGORY_CIVIC_INTEGRITY",
    }
}

open_enum! {
    /// From when on something is blocked.
    pub enum HarmBlockThreshold {
        /// Where harm is at least little likely.
        LowAndAbove = "BLOCK_LOW_AND_ABOVE",
        /// Where harm is at least somewhat likely.
        MediumAndAbove = "BLOCK_MEDIUM_AND_ABOVE",
        /// Where harm is very likely.
        OnlyHigh = "BLOCK_ONLY_HIGH",
        /// Never.
        None = "BLOCK_NONE",
        /// Never, and nothing is rated.
        Off = "OFF",
    }
}

open_enum! {
    /// How likely something is harmful.
    pub enum HarmProbability {
        /// Hardly.
        Negligible = "NEGLIGIBLE",
        /// A little.
        Low = "LOW",
        /// Somewhat.
        Medium = "MEDIUM",
        /// Very.
        High = "HIGH",
    }
}
