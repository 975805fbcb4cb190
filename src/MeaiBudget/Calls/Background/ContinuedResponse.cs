using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Requests that fetch an answer which a provider is making already: they buy nothing.</summary>
internal static class ContinuedResponse
{
    /// <summary>Returns whether a request only fetches: it has a continuation token and no messages. A client that ignores the token would buy an answer to messages.</summary>
    public static bool IsPoll(IEnumerable<ChatMessage> messages, ChatOptions? options) => options?.ContinuationToken is not null && !messages.Any();

    /// <summary>Reads the response's id from a token; null if the token does not state it.</summary>
    public static string? IdOf(ResponseContinuationToken? token)
    {
        if (token is null)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(token.ToBytes().Span);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName
                    && (reader.ValueTextEquals("responseId"u8) || reader.ValueTextEquals("response_id"u8))
                    && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString();
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NotSupportedException)
        {
            // Another client's token: its answer tells the id.
        }

        return null;
    }
}
