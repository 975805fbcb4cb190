using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>A tool call. Its arguments are cloned for each body, because a JSON node has only one parent.</summary>
internal sealed record WireToolCall(string Id, string Name, JsonNode Arguments)
{
    public string ArgumentsText => WireFormat.Serialize(Arguments);

    /// <summary>The arguments in two fragments, as streams send them.</summary>
    public (string First, string Second) ArgumentsFragments
    {
        get
        {
            string text = ArgumentsText;
            return (text[..(text.Length / 2)], text[(text.Length / 2)..]);
        }
    }
}
