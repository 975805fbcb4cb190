namespace MeaiBudget;

/// <summary>Formats in which Gemini renders tools and calls.</summary>
internal enum GeminiToolFormat
{
    /// <summary>Only the texts are billed: up to Gemini 2.0, and on Vertex AI.</summary>
    Fields,

    /// <summary>The texts of a response schema, with its titles: up to Gemini 2.0.</summary>
    Schema,

    /// <summary>Python functions, and calls that print their result: Gemini 2.5.</summary>
    Python,

    /// <summary>Declarations between special tokens, as in FunctionGemma's template: from Gemini 3 on.</summary>
    Declaration,
}
