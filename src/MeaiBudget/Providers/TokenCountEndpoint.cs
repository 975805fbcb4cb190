using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget;

/// <summary>Differences between a provider's counting endpoint and its chat endpoint.</summary>
/// <param name="ChatPath">The end of the chat endpoint's path.</param>
/// <param name="CountPath">The replacement of <paramref name="ChatPath"/> for counting.</param>
/// <param name="BodyFields">The fields of a chat request that the counting endpoint accepts.</param>
/// <param name="CountField">The field of the response that contains the count.</param>
internal sealed record TokenCountEndpoint(string ChatPath, string CountPath, IReadOnlySet<string> BodyFields, string CountField)
{
    public Uri AddressFor(Uri chatAddress)
    {
        var path = chatAddress.AbsolutePath;
        return new UriBuilder(chatAddress) { Path = path.EndsWith(ChatPath, StringComparison.Ordinal) ? path[..^ChatPath.Length] + CountPath : CountPath }.Uri;
    }

    public byte[] BodyFor(byte[] chatBody)
    {
        var body = JsonNode.Parse(chatBody)!.AsObject();
        foreach (var name in body.Select(field => field.Key).Where(name => !BodyFields.Contains(name)).ToList())
        {
            body.Remove(name);
        }

        return System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    public long? CountIn(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(CountField, out var count)
                && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var tokens) && tokens >= 0 ? tokens : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
