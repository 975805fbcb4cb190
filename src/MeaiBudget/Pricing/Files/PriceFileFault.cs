namespace MeaiBudget;

/// <summary>What is wrong in a price file, on its way to the reader that knows file and line.</summary>
internal sealed class PriceFileFault(string reason, JsonPath? path) : Exception(reason)
{
    internal JsonPath? Path { get; } = path;
}
