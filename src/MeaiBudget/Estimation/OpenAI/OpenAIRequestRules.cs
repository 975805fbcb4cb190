using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the parts of a request to OpenAI's models, through chat completions or the Responses API.</summary>
/// <remarks>
/// Sources: OpenAI's cookbook ("How to count tokens": three tokens for each message and three at the end), hmarr/openai-chat-tokens
/// (MIT; the rendering of tools), and constants measured on recorded requests; comments mark each of these as measured.
/// </remarks>
/// <param name="model">The model's id without a route prefix, in lower case.</param>
/// <param name="responses">True for the Responses API.</param>
/// <param name="isFirstGeneration">True for models of cl100k_base, which see tools in an older rendering.</param>
/// <param name="isGuess">True if the name does not show the model, so that it may be a reasoning model as well.</param>
internal sealed class OpenAIRequestRules(string model, bool responses, bool isFirstGeneration, bool isGuess = false) : RequestRules
{
    private const int ProMode = 1510;

    private static readonly ConditionalWeakTable<string, string> NewlineTails = [];
    private static readonly ConditionalWeakTable<string, string> PlainTails = [];

    private readonly bool _reasoning = IsReasoning(model);
    private readonly bool _oSeries = model.StartsWith('o');

    // Source: OpenAI's cookbook. gpt-3.5-turbo-0301 has four tokens for each message and two at the end. Azure calls the deployment's
    // first version "gpt-35-turbo", which recorded requests bill in the same way; a later version has one token less a message.
    private readonly bool _isFirstTurbo = model == "gpt-35-turbo" || model.EndsWith("-turbo-0301", StringComparison.Ordinal);
    private readonly OpenAIMediaRules _media = OpenAIMediaRules.ForModel(model);

    public override bool HasExactTextFraming => model != "gpt-35-turbo";

    public override bool HasExactTools => !_reasoning && !responses;

    public static bool IsReasoning(string model) =>
        (model.StartsWith('o') && model.Length > 1 && char.IsAsciiDigit(model[1]))
        || (model.StartsWith("gpt-", StringComparison.Ordinal) && model.Length > 4 && model[4] is >= '5' and <= '9' && !model.Contains("-chat", StringComparison.Ordinal));

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        // Three tokens start the answer; for reasoning models it is two (measured: o3, o4 and all of GPT-5).
        tally.AddFraming(_reasoning ? 2 : _isFirstTurbo ? 2 + messages.Count : 3);
        var tools = ToolSet.Of(options);
        string? systemText = null;
        bool isSystemSought = tools.Count > 0 || options?.ResponseFormat is ChatResponseFormatJson;
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            systemText = instructions;
            TallyText(tally, "system", instructions);
            tally.AddFraming(_isFirstTurbo ? 1 : 0);
        }

        var calls = new CallTally(this);
        for (int index = 0; index < messages.Count; index++)
        {
            ChatMessage message = messages[index];
            if (isSystemSought && systemText is null && (message.Role == ChatRole.System || message.Role.Value == "developer"))
            {
                systemText = JoinText(message.Contents, out _) ?? string.Empty;
            }

            TallyMessage(tally, message, ref calls);
        }

        calls.Finish(tally);
        if (tools.Count > 0)
        {
            TallyTools(tally, tools, options!, systemText);
        }

        if (ResponseSchemaText.Of(options?.ResponseFormat) is { } schema)
        {
            TallySchema(tally, schema, (ChatResponseFormatJson)options!.ResponseFormat!, systemText is not null, tools.Count > 0);

            // Measured: with a response schema, chat completions add four tokens to each earlier answer.
            tally.AddFraming(responses ? 0 : 4L * CountAnswers(messages));
        }

        if (_reasoning)
        {
            tally.AddMargin(2 + messages.Count);
        }
        else if (isGuess)
        {
            // What a reasoning model has more: its channels, earlier answers and hidden reasoning.
            tally.AddMargin(16 + (4 * messages.Count) + (tools.Count > 0 ? 90 : 0));
            tally.AddContentMargin(responses && calls.HasCalls ? HiddenReasoning(options) : 0);
        }

        if (responses)
        {
            // Measured: if the answer to a call follows hidden reasoning, the server adds that reasoning again. In its first weeks (March
            // 2025) the API also added 18 tokens to a request and about 200 to one with tools; no later recording has them.
            tally.AddContentMargin(_reasoning && calls.HasCalls ? HiddenReasoning(options) : 0);
            tally.AddMargin(!_reasoning ? (tools.Count > 0 ? 8 : 2) : tools.Count > 1 ? 16 : 8);
        }

        if (options?.AdditionalProperties?.TryGetValue("reasoning.mode", out object? mode) == true && mode as string == "pro")
        {
            // Measured on gpt-5.6: the pro mode adds a prompt of about 1,510 tokens.
            tally.AddFraming(ProMode);
            tally.AddMargin(ProMode / 10);
        }

        if (model.StartsWith("o1-", StringComparison.Ordinal))
        {
            tally.AddMargin(4L * messages.Count);
        }
    }

    // Measured: three of eight requests that state an effort had 100 to 154 tokens of reasoning again, none of 38 that state none had any. A
    // raw request may state it where the options do not show it.
    private static int HiddenReasoning(ChatOptions? options) =>
        options?.RawRepresentationFactory is not null || options?.Reasoning is { Effort: not ReasoningEffort.None } ? 160 : 32;

    private static int CountAnswers(IReadOnlyList<ChatMessage> messages)
    {
        int answers = 0;
        for (int index = 0; index < messages.Count; index++)
        {
            answers += messages[index].Role == ChatRole.Assistant && !messages[index].Contents.Any(content => content is FunctionCallContent) ? 1 : 0;
        }

        return answers;
    }

    private static void TallyText(RequestTally tally, string role, string text)
    {
        tally.AddFraming(3 + tally.Meter.Count(role));
        tally.AddText(text);
    }

    private void TallyMessage(RequestTally tally, ChatMessage message, ref CallTally calls)
    {
        IList<AIContent> contents = message.Contents;
        string? text = JoinText(contents, out bool hasOther);
        bool isLegacy = message.AdditionalProperties?.ContainsKey("function_call") == true;
        if (hasOther)
        {
            TallyResults(tally, message, isLegacy, ref calls);
        }

        if (message.Role == ChatRole.Tool && text is null)
        {
            return;
        }

        tally.AddFraming(3 + tally.Meter.CountRole(message.Role));
        tally.AddText(text);
        if (message.AuthorName is { Length: > 0 } name)
        {
            // Measured: a name adds one token to its own. A name that equals the role adds only that token.
            tally.AddFraming(name == message.Role.Value ? 1 : 1 + tally.Meter.Count(name));
        }

        if (_reasoning && message.Role == ChatRole.Assistant)
        {
            // Measured: an earlier answer includes its channel.
            tally.AddFraming(2);
        }

        if (!hasOther)
        {
            return;
        }

        int first = -1;
        int count = 0;
        int media = 0;
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case FunctionCallContent:
                    first = first < 0 ? index : first;
                    count++;
                    break;
                case TextContent or FunctionResultContent:
                    break;
                case TextReasoningContent reasoning:
                    TallyReasoning(tally, reasoning);
                    break;
                default:
                    // Measured: an image that is counted in patches has one token more.
                    media++;
                    tally.AddFraming(contents[index] is DataContent or UriContent ? _media.Framing : 0);
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }

        tally.AddContentMargin(4L * media);
        if (count > 0)
        {
            calls.Begin(tally, contents, first, count, isLegacy);
        }
    }

    private static void TallyReasoning(RequestTally tally, TextReasoningContent reasoning)
    {
        if (reasoning.ProtectedData is not null)
        {
            // Encrypted content counts as its plain text, whose length is unknown.
            tally.Flags |= TokenEstimateFlags.UnknownContent;
            tally.AddContentMargin(reasoning.ProtectedData.Length / 3);
        }

        // Chat completions accept no reasoning. The Responses API ignores reasoning before the last user message.
    }

    private static void TallyResults(RequestTally tally, ChatMessage message, bool isLegacy, ref CallTally calls)
    {
        IList<AIContent> contents = message.Contents;
        for (int index = 0; index < contents.Count; index++)
        {
            if (contents[index] is FunctionResultContent result)
            {
                calls.AddResult(tally, result, message.AuthorName, isLegacy);
            }
        }
    }

    // The model sees adjacent text parts as one text, so they are joined before counting.
    private static string? JoinText(IList<AIContent> contents, out bool hasOther)
    {
        hasOther = false;
        string? single = null;
        StringBuilder? joined = null;
        for (int index = 0; index < contents.Count; index++)
        {
            if (contents[index] is not TextContent { Text: var text })
            {
                hasOther = true;
            }
            else if (single is null)
            {
                single = text;
            }
            else
            {
                joined = (joined ?? new StringBuilder(single)).Append(text);
            }
        }

        return joined?.ToString() ?? single;
    }

    private void TallyTools(RequestTally tally, ToolSet tools, ChatOptions options, string? systemText)
    {
        TokenCount rendered = tally.Meter.Measure(tools.TypeScript(!isFirstGeneration));
        bool isLegacy = options.AdditionalProperties?.ContainsKey("function_call") == true;
        bool hasProperties = false;
        bool hasComment = false;
        bool isComplete = true;
        long comments = 0;
        long others = 0;
        foreach (ToolDefinition definition in tools.Definitions)
        {
            TypeScriptRendering function = definition.TypeScript(!isFirstGeneration);
            hasProperties |= function.HasProperties;
            hasComment |= function.HasPropertyComment;
            isComplete &= function.IsComplete;
            others += tally.Meter.Measure(function.OtherDescriptions).UpperBound;

            // Measured: reasoning models see the description of the parameters object, as a comment line; others do not.
            comments += _reasoning && definition.ParametersDescription is { Length: > 0 } comment ? 2 + tally.Meter.Count(comment) : 0;
        }

        long extra = 9 + comments;
        if (_reasoning)
        {
            // Measured: GPT-5's chat completions describe the channels if there are tools; the Responses API does not.
            extra += (_oSeries ? 1 : 82) * (responses ? 0 : 1);
            extra -= responses && _oSeries ? 3 : 0;

            // Measured: the Responses API adds a text for reasoning models if only one tool call is allowed.
            extra += responses && tools.Count > 1 && options.AllowMultipleToolCalls == false ? 78 : 0;
        }
        else
        {
            // Measured: the rendering is part of the first system message (one newline, no framing), and is one token shorter if no
            // property has a comment. The Responses API's envelope is smaller.
            extra += responses ? -6 : systemText is not null ? Newline(tally.Meter, systemText) - 4 : 0;
            extra -= !hasProperties || hasComment || isLegacy ? 0 : 1;
        }

        extra += ToolChoice(tally, options, isLegacy);
        tally.AddTools(rendered.Tokens + extra, rendered.UpperBound + extra + others + (rendered.Tokens / 12) + 4);
        if (!isComplete)
        {
            tally.Flags |= TokenEstimateFlags.UnknownContent;
        }
    }

    // The newline between a system message and the tools may be merged into the message's last token.
    private static int Newline(TextMeter meter, string systemText)
    {
        const int Tail = 128;
        string tail = systemText.Length <= Tail ? systemText : systemText[^Tail..];
        return meter.Count(NewlineTails.GetValue(systemText, _ => tail + "\n")) - meter.Count(PlainTails.GetValue(systemText, _ => tail));
    }

    private long ToolChoice(RequestTally tally, ChatOptions options, bool isLegacy) => options.ToolMode switch
    {
        _ when _reasoning => 0,
        NoneChatToolMode => responses ? 0 : 1,
        RequiredChatToolMode { RequiredFunctionName: { } name } => (isLegacy ? 4 : 7) + tally.Meter.Count(name),
        _ => 0,
    };

    private void TallySchema(RequestTally tally, ResponseSchemaText text, ChatResponseFormatJson format, bool hasSystem, bool hasTools)
    {
        bool sharesSystemMessage = hasSystem && !_reasoning && !hasTools;
        // Measured: the prompt contains the schema as compact JSON without "additionalProperties", under a heading with its name.
        TokenCount count = tally.Meter.Measure(text.Json);
        long extra = (responses ? 0 : (_reasoning ? 5 : 8) + tally.Meter.Count(format.SchemaDescription)) - (5L * Math.Max(0, text.Nested - (sharesSystemMessage ? 1 : 0)))
            - (!hasSystem || _reasoning ? 0 : hasTools && !responses ? 7 : hasTools ? 0 : 4);
        long tokens = Math.Max(0, count.Tokens + extra);
        tally.AddResponseSchema(tokens, Math.Max(tokens, count.UpperBound + extra) + 16 + (count.Tokens / 4));
    }

    /// <summary>Counts calls and their results. A single call is framed as a message, parallel calls as one call of a wrapping tool.</summary>
    private struct CallTally(OpenAIRequestRules rules)
    {
        private Dictionary<string, (string Name, bool IsParallel)>? _names;

        public void Begin(RequestTally tally, IList<AIContent> contents, int first, int count, bool isLegacy)
        {
            if (count == 1 || rules.IsResponses)
            {
                for (int index = first; index < contents.Count; index++)
                {
                    if (contents[index] is FunctionCallContent call)
                    {
                        Remember(call, isParallel: false);
                        tally.AddToolCall(3 + tally.Meter.Count(call.Name) + rules.CallExtra);
                        tally.AddToolCall(isLegacy && call.RawRepresentation is string raw ? raw : RequestJson.OfArguments(call));
                    }
                }

                return;
            }

            var wrapped = new StringBuilder("{\"tool_uses\":[");
            string separator = string.Empty;
            foreach (FunctionCallContent call in contents.OfType<FunctionCallContent>())
            {
                Remember(call, isParallel: true);
                wrapped.Append(separator).Append("{\"recipient_name\":\"functions.").Append(call.Name)
                    .Append("\",\"parameters\":").Append(RequestJson.OfArguments(call)).Append('}');
                separator = ",";
            }

            tally.AddToolCall(14 + rules.CallExtra);
            tally.AddToolCall(wrapped.Append("]}").ToString());
            tally.AddContentMargin(8L * count);
        }

        public readonly void AddResult(RequestTally tally, FunctionResultContent result, string? authorName, bool isLegacy)
        {
            (string Name, bool IsParallel) known = default;
            bool isKnown = _names?.TryGetValue(result.CallId, out known) == true;
            if (isLegacy)
            {
                tally.AddToolCall(2 + tally.Meter.Count("function") + tally.Meter.Count(authorName));
            }
            else if (isKnown && known.IsParallel)
            {
                // Measured: results of parallel calls are sent as one JSON text. Texts are quoted; JSON has spaces between its parts.
                tally.AddToolCall(1);
                rules.TallyResult(tally, result, isWrapped: true);
                AddEscaped(tally, result);
                return;
            }
            else
            {
                tally.AddToolCall(6 + tally.Meter.Count(isKnown ? known.Name : authorName));
            }

            rules.TallyResult(tally, result, isWrapped: false);
        }

        // Measured: until March 2026 the JSON text had each character that is not ASCII as \uXXXX, in April and May 2026 it had not.
        // The estimate is the newer count, and the upper bound includes the older one.
        private static void AddEscaped(RequestTally tally, FunctionResultContent result)
        {
            if (result.Result is not IEnumerable<AIContent> && RequestJson.OfWrappedResult(result) is var text && RequestJson.Escape(text) is { } escaped)
            {
                tally.IsUncertain = true;
                tally.AddContentMargin(Math.Max(0, tally.Meter.Measure(escaped).UpperBound - tally.Meter.Measure(text).Tokens));
            }
        }

        public readonly bool HasCalls => _names is not null;

        public readonly void Finish(RequestTally tally) => tally.AddContentMargin(4L * (_names?.Count ?? 0));

        private void Remember(FunctionCallContent call, bool isParallel) =>
            (_names ??= new Dictionary<string, (string, bool)>(StringComparer.Ordinal))[call.CallId] = (call.Name, isParallel);
    }

    // Measured: additional tokens of a call and its result, compared with chat completions without reasoning.
    private int CallExtra => (responses, _reasoning) switch
    {
        (true, true) => 2,
        (true, false) => -1,
        (false, true) => _oSeries ? 3 : 2,
        _ => 0,
    };

    private bool IsResponses => responses;

    private void TallyResult(RequestTally tally, FunctionResultContent result, bool isWrapped)
    {
        if (result.Result is IEnumerable<AIContent> parts)
        {
            foreach (AIContent part in parts)
            {
                if (part is TextContent text)
                {
                    tally.AddToolCall(text.Text);
                }
                else
                {
                    TallyMedia(tally, part, _media);
                }
            }

            return;
        }

        tally.AddToolCall(isWrapped ? RequestJson.OfWrappedResult(result) : RequestJson.OfResult(result));
    }
}
