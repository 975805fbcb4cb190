using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Hashes requests to detect identical input.</summary>
internal static class RequestFingerprint
{
    /// <summary>
    /// Hashes everything that affects the input tokens of a request. Returns null if the request has content that cannot be compared:
    /// server-side history, hosted files, unknown content.
    /// </summary>
    public static UInt128? Of(IReadOnlyList<ChatMessage> messages, ChatOptions? options, string? modelId)
    {
        if (options is { ConversationId: not null } or { RawRepresentationFactory: not null } or { ContinuationToken: not null })
        {
            return null;
        }

        var hash = new XxHash128();
        Append(hash, modelId);
        Append(hash, options?.Instructions);
        Append(hash, options?.ToolMode?.ToString());
        Append(hash, (options?.ToolMode as RequiredChatToolMode)?.RequiredFunctionName);
        Append(hash, ResponseSchemaText.Of(options?.ResponseFormat)?.FullJson);
        Append(hash, options?.Reasoning?.Effort?.ToString());
        Span<long> toolSet = [ToolSet.Of(options).Fingerprint, options?.Tools?.Count ?? 0];
        hash.Append(MemoryMarshal.AsBytes(toolSet));
        for (int index = 0; index < messages.Count; index++)
        {
            ChatMessage message = messages[index];
            Append(hash, message.Role.Value);
            Append(hash, message.AuthorName);
            for (int part = 0; part < message.Contents.Count; part++)
            {
                if (!TryAppend(hash, message.Contents[part]))
                {
                    return null;
                }
            }
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private static bool TryAppend(XxHash128 hash, AIContent content)
    {
        switch (content)
        {
            case TextContent text:
                Append(hash, text.Text);
                return true;
            case DataContent data:
                Append(hash, data.MediaType);
                hash.Append(data.Data.Span);
                return true;
            case FunctionCallContent call:
                Append(hash, call.Name);
                Append(hash, RequestJson.OfArguments(call));
                return true;
            case FunctionResultContent { Result: null or string } result:
                Append(hash, result.CallId);
                Append(hash, RequestJson.OfResult(result));
                return true;
            default:
                return false;
        }
    }

    private static void Append(XxHash128 hash, string? text)
    {
        // Hash the length too, so that ("ab", "c") and ("a", "bc") differ.
        Span<int> length = [text?.Length ?? -1];
        hash.Append(MemoryMarshal.AsBytes(length));
        hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}
