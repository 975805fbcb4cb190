using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Recognizes by their ids models that are billed otherwise than chat models.</summary>
internal static partial class MediaIds
{
    /// <summary>Returns whether a model bills no output tokens: embeddings and rerankers.</summary>
    internal static bool HasNoOutput(string id) => NoOutput().IsMatch(id);

    /// <summary>Returns whether sources mean different kinds of output tokens by the price of such a model.</summary>
    internal static bool IsMedia(string id) => Media().IsMatch(id);

    [GeneratedRegex("embed|rerank|voyage-", RegexOptions.IgnoreCase)]
    private static partial Regex NoOutput();

    [GeneratedRegex("image|imagen|dall-e|tts|whisper|transcribe|realtime|audio|live|veo|lyria|sora|speech|voxtral-mini|orpheus|ocr|video|voice|imagine|flux|stable-", RegexOptions.IgnoreCase)]
    private static partial Regex Media();
}
