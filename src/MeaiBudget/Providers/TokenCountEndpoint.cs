using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget;

/// <summary>A provider's endpoint that counts the tokens of a chat request: its differences from the chat endpoint. Immutable.</summary>
/// <remarks>The counter takes the chat request that the SDK wrote, replaces its path and removes the fields that the endpoint does not accept.</remarks>
internal sealed class TokenCountEndpoint
{
    /// <summary>Gets the end of the chat endpoint's path, for example <c>/v1/messages</c>.</summary>
    public required string ChatPath { get; init; }

    /// <summary>Gets the replacement of <see cref="ChatPath"/> for counting, for example <c>/v1/messages/count_tokens</c>.</summary>
    public required string CountPath { get; init; }

    /// <summary>Gets the fields of a chat request that the counting endpoint accepts; all others are removed.</summary>
    public required IReadOnlySet<string> BodyFields { get; init; }

    /// <summary>Gets the field of the response that contains the count, for example <c>input_tokens</c>.</summary>
    public required string CountField { get; init; }

    internal Uri AddressFor(Uri chatAddress)
    {
        string path = chatAddress.AbsolutePath;
        return new UriBuilder(chatAddress) { Path = path.EndsWith(ChatPath, StringComparison.Ordinal) ? path[..^ChatPath.Length] + CountPath : CountPath }.Uri;
    }

    internal byte[] BodyFor(byte[] chatBody)
    {
        JsonObject body = JsonNode.Parse(chatBody)!.AsObject();
        foreach (string name in body.Select(field => field.Key).Where(name => !BodyFields.Contains(name)).ToList())
        {
            body.Remove(name);
        }

        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    internal long? CountIn(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(CountField, out JsonElement count)
                && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out long tokens) && tokens >= 0 ? tokens : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
