namespace MeaiBudget;

/// <summary>An error in a price file. The file reader adds file and line to it.</summary>
internal sealed class PriceFileFault(string reason, JsonPath? path) : Exception(reason)
{
    internal JsonPath? Path { get; } = path;
}
