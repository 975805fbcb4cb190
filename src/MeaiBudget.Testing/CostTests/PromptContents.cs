using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The input of one request, cut into segments. Immutable.</summary>
internal sealed class PromptContents
{
    private static readonly JsonSerializerOptions Json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    private PromptContents(IReadOnlyList<ChatMessage> messages, ChatOptions? options, IReadOnlyList<PromptSegment> segments) =>
        (Messages, Options, Segments) = (messages, options, segments);

    /// <summary>False for texts of embeddings, which no provider reads from a cache.</summary>
    public bool IsPrompt { get; private init; } = true;

    /// <summary>The messages, to estimate the request for another model.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>A copy of the options.</summary>
    public ChatOptions? Options { get; }

    /// <summary>The segments: tools, response schema, system, conversation.</summary>
    public IReadOnlyList<PromptSegment> Segments { get; }

    /// <summary>Reads a request. The messages and options are not changed, and later changes of them have no effect on the segments.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The options.</param>
    /// <param name="earlierCalls">The tool of each call in earlier answers, for results of calls that only the provider stores.</param>
    public static PromptContents Of(IReadOnlyList<ChatMessage> messages, ChatOptions? options, IReadOnlyDictionary<string, string> earlierCalls)
    {
        var segments = new List<PromptSegment>();
        foreach (AITool tool in options?.Tools ?? [])
        {
            string schema = tool is AIFunctionDeclaration function ? function.JsonSchema.GetRawText() : "";
            segments.Add(new PromptSegment(PromptPart.Tools, $"the definition of the tool '{tool.Name}'", $"{tool.Name}\n{tool.Description}\n{schema}", tool.Name));
        }

        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } responseSchema })
        {
            segments.Add(new PromptSegment(PromptPart.Schema, "the response schema", responseSchema.GetRawText()));
        }

        if (options?.Instructions is { Length: > 0 } instructions)
        {
            segments.Add(new PromptSegment(PromptPart.System, "the instructions", instructions));
        }

        var toolOfCall = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int index = 0; index < messages.Count; index++)
        {
            AddMessage(segments, messages[index], index + 1, toolOfCall, earlierCalls);
        }

        return new PromptContents([.. messages], options?.Clone(), segments);
    }

    /// <summary>Reads a request for embeddings. Inputs that are not text have no segment.</summary>
    public static PromptContents OfInputs<TInput>(IReadOnlyList<TInput> inputs)
    {
        string[] texts = [.. inputs.OfType<string>()];
        return new PromptContents(
            [.. texts.Select(text => new ChatMessage(ChatRole.User, text))], null,
            [.. texts.Select((text, index) => new PromptSegment(PromptPart.History, string.Create(CultureInfo.InvariantCulture, $"input {index + 1}"), text))])
        {
            IsPrompt = false,
        };
    }

    private static void AddMessage(
        List<PromptSegment> segments, ChatMessage message, int number, Dictionary<string, string> toolOfCall, IReadOnlyDictionary<string, string> earlierCalls)
    {
        PromptPart part = message.Role == ChatRole.System ? PromptPart.System : PromptPart.History;
        bool isAnswer = message.Role == ChatRole.Assistant;
        string label = string.Create(CultureInfo.InvariantCulture, $"message {number} ({message.Role})");
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    segments.Add(new PromptSegment(part, label, text.Text, IsAnswer: isAnswer));
                    break;
                case TextReasoningContent reasoning:
                    segments.Add(new PromptSegment(part, label, reasoning.Text, IsAnswer: isAnswer));
                    break;
                case FunctionCallContent call:
                    toolOfCall[call.CallId] = call.Name;
                    segments.Add(new PromptSegment(PromptPart.History, label, $"{call.Name}{TextOf(call.Arguments)}", call.Name, IsToolCall: true, IsAnswer: true));
                    break;
                case FunctionResultContent result:
                    string tool = toolOfCall.GetValueOrDefault(result.CallId) ?? earlierCalls.GetValueOrDefault(result.CallId, "unknown");
                    segments.Add(new PromptSegment(PromptPart.Results, $"the result of the tool '{tool}' in message {number}", TextOf(result.Result), tool));
                    break;
                case DataContent data:
                    segments.Add(new PromptSegment(PromptPart.Media, label, $"{data.MediaType} {data.Data.Length} {XxHash3.HashToUInt64(data.Data.Span):x16}"));
                    break;
                case UriContent uri:
                    segments.Add(new PromptSegment(PromptPart.Media, label, uri.Uri.ToString()));
                    break;
                case HostedFileContent file:
                    segments.Add(new PromptSegment(PromptPart.Media, label, file.FileId));
                    break;
            }
        }
    }

    private static string TextOf(object? value)
    {
        switch (value)
        {
            case null:
                return "";
            case string text:
                return text;
            case JsonElement { ValueKind: JsonValueKind.String } element:
                return element.GetString()!;
            case JsonElement element:
                return element.GetRawText();
            case JsonNode node:
                return node.ToJsonString();
            default:
                try
                {
                    return JsonSerializer.Serialize(value, Json);
                }
                catch (Exception exception) when (exception is NotSupportedException or JsonException)
                {
                    return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
                }
        }
    }
}
