using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Compares a request as it stands on the wire with the messages and options that were estimated.</summary>
internal static class SentRequest
{
    /// <summary>What an SDK may add to the text of a request without being noticed, beside as much again.</summary>
    private const int UnnoticedBytes = 4096;

    /// <summary>The worst case of a request on the wire.</summary>
    /// <param name="asked">What the request on the wire asks.</param>
    /// <param name="estimated">The worst case that was worked out from messages and options.</param>
    /// <param name="answerTokens">The output tokens that one answer may have where the request names no limit.</param>
    /// <param name="run">The candidate, with the messages and options that were estimated.</param>
    /// <param name="history">The conversation that the request continues; null if it continues none, or an unknown one.</param>
    public static SpendRequest WorstCase(WireRequest asked, SpendRequest estimated, long answerTokens, CandidateRun run, RememberedConversation? history)
    {
        string modelId = ModelOf(run.Route.KnownModelOf(asked.ModelId), estimated.ModelId);
        long outputTokens = OutputOf(asked, answerTokens);
        string? tier = ServiceTiers.Canonical(asked.ServiceTier) ?? estimated.ServiceTier;

        // Of messages and options alone: what the request asks beyond them may be in the other estimate already.
        TokenEstimate estimate = InputOf(asked, run.OwnEstimate ?? estimated.Estimate, run, history);
        if (modelId == estimated.ModelId && outputTokens == estimated.OutputTokens && tier == estimated.ServiceTier && ReferenceEquals(estimate, estimated.Estimate))
        {
            return estimated;
        }

        return estimated with
        {
            ModelId = modelId,
            RequestedModelId = modelId == estimated.ModelId ? estimated.RequestedModelId : null,
            OutputTokens = outputTokens,
            ServiceTier = tier,
            Estimate = estimate,
        };
    }

    /// <summary>The output tokens of all answers that a request asks for.</summary>
    public static long OutputOf(WireRequest asked, long answerTokens) =>
        SaturatingMath.Multiply(
            SaturatingMath.Add(SaturatingMath.Multiply(asked.OutputLimit ?? answerTokens, asked.MayCompact ? 2 : 1), asked.PredictionBytes),
            Math.Max(1, asked.AnswerCount));

    /// <summary>The estimate, with what the request on the wire holds beyond the messages and options: one token a byte.</summary>
    private static TokenEstimate InputOf(WireRequest asked, TokenEstimate estimate, CandidateRun run, RememberedConversation? history)
    {
        bool isSeen = history is not null && !asked.HasOtherStoredHistory;
        TokenEstimate own = OwnInputOf(asked, estimate, run, isSeen);
        return isSeen ? history!.AddTo(own) : own;
    }

    private static TokenEstimate OwnInputOf(WireRequest asked, TokenEstimate estimate, CandidateRun run, bool isHistorySeen)
    {
        TokenEstimateFlags flags = estimate.Flags;
        if (asked.HasStoredHistory && !isHistorySeen)
        {
            flags |= TokenEstimateFlags.ServerSideHistory;
        }

        // The types that messages and options bring in are known; any other may run at the provider.
        bool isRaw = run.Options?.RawRepresentationFactory is not null;
        if ((isRaw ? asked.ServerTools : asked.ServerTools & ~WireServerTools.Unknown) != WireServerTools.None)
        {
            flags |= TokenEstimateFlags.ServerTools;
        }

        if (isRaw && asked.MediaParts > MediaParts(run.Messages))
        {
            flags |= TokenEstimateFlags.UnboundedMedia;
        }

        // No token is shorter than a byte, so a text of fewer bytes than the bound needs no closer look.
        long surplus = 0;
        long sent = asked.TextBytes + (4 * asked.TokenIds);
        if (sent > estimate.InputUpperBound && (isRaw || sent > (2 * AtLeastSeenBytes(run.Messages)) + UnnoticedBytes))
        {
            long seen = SeenBytes(run);
            surplus = isRaw || sent > (2 * seen) + UnnoticedBytes ? Math.Max(0, sent - seen) : 0;
        }

        if (asked.MayCompact)
        {
            // The provider reads all of it once more, to sum it up.
            surplus = SaturatingMath.Add(SaturatingMath.Multiply(surplus, 2), estimate.InputUpperBound);
        }

        return surplus == 0 && flags == estimate.Flags
            ? estimate
            : new TokenEstimate(
                SaturatingMath.Add(estimate.InputTokens, surplus / 4),
                SaturatingMath.Add(estimate.InputUpperBound, surplus),
                surplus == 0 ? estimate.Source : TokenEstimateSource.Heuristic)
            {
                MaxOutputTokens = estimate.MaxOutputTokens,
                Flags = flags,
                Breakdown = estimate.Breakdown,
            };
    }

    /// <summary>The model on the wire, unless it only spells the same model with a collection in front.</summary>
    private static string ModelOf(string? asked, string modelId)
    {
        if (asked is not { Length: > 0 } sent)
        {
            return modelId;
        }

        const string Collection = "models/";
        string bare = sent.StartsWith(Collection, StringComparison.Ordinal) ? sent[Collection.Length..] : sent;
        return modelId.Length > 0
            && (bare.Equals(modelId, StringComparison.OrdinalIgnoreCase) || sent.Equals(modelId, StringComparison.OrdinalIgnoreCase)
                || modelId.EndsWith("/" + bare, StringComparison.OrdinalIgnoreCase))
            ? modelId
            : bare;
    }

    private static int MediaParts(IReadOnlyList<ChatMessage> messages) =>
        messages.Sum(message => message.Contents.Count(content => content is DataContent or UriContent or HostedFileContent));

    /// <summary>What <see cref="SeenBytes"/> cannot be below: no character is shorter than a byte. Far quicker than counting.</summary>
    private static long AtLeastSeenBytes(IReadOnlyList<ChatMessage> messages)
    {
        long bytes = 0;
        for (int i = 0; i < messages.Count; i++)
        {
            IList<AIContent> contents = messages[i].Contents;
            for (int k = 0; k < contents.Count; k++)
            {
                bytes += (contents[k] as TextContent)?.Text.Length ?? 0;
            }
        }

        return bytes;
    }

    /// <summary>
    /// The bytes of text in messages, instructions and tools. What an SDK adds to them, such as fields of a schema, counts as more than
    /// was estimated: nothing tells it from text of the raw request.
    /// </summary>
    private static long SeenBytes(CandidateRun run)
    {
        long bytes = BytesOf(run.Options?.Instructions);
        foreach (ChatMessage message in run.Messages)
        {
            bytes += BytesOf(message.AuthorName) + (message.RawRepresentation is GeneratorRequest request ? request.TextBytes : 0);
            foreach (AIContent content in message.Contents)
            {
                bytes += content switch
                {
                    TextContent text => BytesOf(text.Text),
                    TextReasoningContent reasoning => BytesOf(reasoning.Text) + BytesOf(reasoning.ProtectedData),
                    FunctionCallContent call => BytesOf(call.Name) + BytesOf(call.CallId)
                        + (call.Arguments?.Sum(argument => BytesOf(argument.Key) + BytesOf(argument.Value)) ?? 0),
                    FunctionResultContent result => BytesOf(result.CallId) + BytesOf(result.Result),
                    DataContent data => BytesOf(data.Name),
                    UriContent uri => BytesOf(uri.Uri.OriginalString),
                    _ => 0,
                };
            }
        }

        foreach (AITool tool in run.Options?.Tools ?? [])
        {
            bytes += BytesOf(tool.Name) + BytesOf(tool.Description)
                + (tool is AIFunctionDeclaration function ? BytesOf(function.JsonSchema) + BytesOf(function.ReturnJsonSchema) : 0);
        }

        return bytes + (run.Options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } json
            ? BytesOf(schema) + BytesOf(json.SchemaName) + BytesOf(json.SchemaDescription)
            : 0);
    }

    /// <summary>The bytes of a value as it stands in JSON, without quotes and escapes.</summary>
    public static long BytesOf(object? value) => value switch
    {
        null => 0,
        string text => Encoding.UTF8.GetByteCount(text),
        JsonElement { ValueKind: JsonValueKind.Undefined } => 0,
        JsonElement json => JsonMarshal.GetRawUtf8Value(json).Length,
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture).Length,
        _ => BytesOfJson(value),
    };

    /// <summary>The bytes of a value as the SDK writes it; of a value that cannot be written so, those of its text.</summary>
    private static long BytesOfJson(object value)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType())).Length;
        }
        catch (Exception exception) when (exception is NotSupportedException or JsonException or InvalidOperationException)
        {
            return Encoding.UTF8.GetByteCount(value.ToString() ?? "");
        }
    }
}
