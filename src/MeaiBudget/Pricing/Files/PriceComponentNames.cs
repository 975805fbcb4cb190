namespace MeaiBudget;

/// <summary>Names of price components in this library's price format.</summary>
internal static class PriceComponentNames
{
    // In the order of the components. Written out, because reading the names of an enum takes long in a new process.
    private static readonly string[] Names =
    [
        "input", "cachedInput", "cacheWrite", "cacheWriteOneHour", "cacheWriteTwelveHours", "inputAudio", "cachedInputAudio", "inputImage",
        "output", "reasoning", "outputAudio", "outputImage",
        "request", "webSearch", "webSearchRequest", "fileSearch", "codeExecutionSession", "image", "audioMinute", "millionCharacters", "page", "stated",
    ];

    /// <summary>Returns the fee or price per use with a name; null if there is none, as in a file of a later version.</summary>
    internal static PriceComponent? FeeOf(string name) =>
        IndexOf(name) is >= (int)PriceComponent.Request and < (int)PriceComponent.Stated and var index ? (PriceComponent)index : null;

    /// <summary>Returns the index of the component with a name; -1 if there is none.</summary>
    internal static int IndexOf(string name) => Array.IndexOf(Names, name);

    internal static string Of(PriceComponent component) => Names[(int)component];
}
