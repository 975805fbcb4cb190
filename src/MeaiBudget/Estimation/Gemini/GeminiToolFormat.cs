namespace MeaiBudget;

/// <summary>How Gemini writes out tools and calls.</summary>
internal enum GeminiToolFormat
{
    /// <summary>Billed by the texts alone: up to Gemini 2.0, and on Vertex AI.</summary>
    Fields,

    /// <summary>Python functions, and calls that print what they give: Gemini 2.5.</summary>
    Python,

    /// <summary>Declarations between tokens of their own, as in FunctionGemma's template: from Gemini 3 on.</summary>
    Declaration,
}
