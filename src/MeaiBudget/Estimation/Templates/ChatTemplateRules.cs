using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the parts of a request to an open model by the chat template that it ships with.</summary>
/// <remarks>A host may use another template or add its own prompt. The upper bound includes that, and learning corrects the estimate.</remarks>
/// <param name="template">The template.</param>
/// <param name="media">The rules for images.</param>
/// <param name="hiddenPrompt">The most tokens that the host is expected to add with a prompt of its own.</param>
/// <param name="unmeasuredPrompt">The same for a request of a kind that is not measured on every host: an answer in a given format.</param>
/// <param name="isOllama">True if Ollama serves the model, so that the template and its notation of tools are known.</param>
internal sealed class ChatTemplateRules(ChatTemplate template, MediaRules media, int hiddenPrompt, int unmeasuredPrompt, bool isOllama) : RequestRules
{
    // Recorded answers of Ollama in a given format report up to 214 tokens more than the prompt has, as if it was evaluated again after the
    // thinking: Qwen 3 and gpt-oss. Those of models that do not think (Llama, Gemma 3) have at most two more.
    private const int FormattedAnswer = 240;
    private const int PlainFormattedAnswer = 16;

    // The template of a model in Ollama's library can be read there, so that what it leaves out is not billed, and what it adds is known.
    private readonly bool _isInLibrary = isOllama && hiddenPrompt < unmeasuredPrompt;

    /// <summary>True if the template is that of a known family, not the usual one of open models.</summary>
    public bool IsKnownFamily { get; init; }

    /// <summary>True if the maker of the model serves it, so that the notation of tools is measured.</summary>
    public bool IsMaker { get; init; }

    /// <summary>True if the host is measured to leave out tools that must not be called.</summary>
    public bool IsForbiddingMeasured { get; init; }

    /// <summary>Tokens by which the framing of each message may be off at a measured host.</summary>
    public int MessageMargin { get; init; }

    /// <summary>True if the model may think before it answers.</summary>
    public bool MayThink { get; init; } = true;

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        tally.AddFraming(template.Start);
        bool hasSystem = false;
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            hasSystem = true;
            tally.AddFraming(template.Message + template.System);
            tally.AddText(instructions);
        }

        for (int index = 0; index < messages.Count; index++)
        {
            ChatMessage message = messages[index];
            bool isSystem = message.Role == ChatRole.System;
            hasSystem |= isSystem;
            tally.AddFraming(template.Message + (isSystem ? template.System : 0));
            TallyContents(tally, message.Contents);
        }

        tally.AddFraming(hasSystem ? 0 : template.DefaultSystem);
        tally.AddMargin(hasSystem ? 0 : template.MostDefaultSystem);

        // Measured: hosts add their own prompts, which the request does not show. They add more for an answer as JSON without a schema (Cerebras up
        // to 84 tokens, DeepSeek 20), or with one that they write into the prompt; makers are measured with a schema.
        bool isUnmeasuredFormat = options?.ResponseFormat is ChatResponseFormatJson format && (format.Schema is null || (template.ResponseSchema == 0 && !IsMaker));
        tally.AddMargin(isUnmeasuredFormat && !(isOllama && !MayThink) ? unmeasuredPrompt : hiddenPrompt);
        tally.AddMargin((long)MessageMargin * messages.Count);
        if (!isOllama && ResponseSchemaText.Of(options?.ResponseFormat) is { } schema)
        {
            // Most hosts enforce a schema by a grammar. Some write it into the prompt (recorded: Hugging Face's router), and the bound includes it.
            TokenCount json = tally.Meter.Measure(schema.FullJson);
            bool isShown = template.ResponseSchema > 0;
            tally.AddResponseSchema(isShown ? template.ResponseSchema + json.Tokens : 0, (template.ResponseSchema * 3L / 2) + json.UpperBound);
        }

        tally.AddContentMargin(isOllama && options?.ResponseFormat is ChatResponseFormatJson ? (MayThink ? FormattedAnswer : PlainFormattedAnswer) : 0);
        var tools = ToolSet.Of(options);
        if (tools.Count > 0)
        {
            bool areDropped = template.DropsForbiddenTools && options!.ToolMode is NoneChatToolMode;
            if (!(areDropped && IsForbiddingMeasured))
            {
                long system = template.ToolsSystem + (hasSystem ? 0 : template.ToolsMessage);
                tally.AddTools(areDropped ? 0 : system, _isInLibrary ? system * 5 / 4 : system * 2);
                TallyTools(tally, tools, !areDropped && (!template.HasToolsInLastUserMessage || (messages.Count > 0 && messages[^1].Role == ChatRole.User)));
            }
            else
            {
                // The upper bound includes the tools once.
                tally.AddTools(0, template.Tools);
                foreach (ToolDefinition tool in tools.Definitions)
                {
                    tally.AddTools(0, tally.Meter.Measure(tool.Json(template.ToolJson)).UpperBound);
                }
            }
        }
    }

    private void TallyTools(RequestTally tally, ToolSet tools, bool areShown)
    {
        // Measured: other hosts of the same families have at most 1.53 times the tokens, including the text that introduces the tools; what
        // is more (Hugging Face's router) is a prompt of the host's own.
        long tokens = template.Tools;
        bool isMeasured = isOllama || IsMaker;
        long bound = template.MostTools > 0 ? template.MostTools
            : _isInLibrary || IsMaker ? template.Tools * 5L / 4
            : template.Tools * (isOllama || IsKnownFamily ? 2L : 3L);
        if (template.HasTypeScriptTools)
        {
            TokenCount rendered = tally.Meter.Measure(tools.TypeScript(hasNestedComments: true));
            tokens += rendered.Tokens;
            bound += rendered.UpperBound * 3L / 2;
        }
        else
        {
            foreach (ToolDefinition tool in tools.Definitions)
            {
                TokenCount json = tally.Meter.Measure(tool.Json(template.ToolJson));
                tokens += template.HasDeclaredTools ? GeminiTool.DeclarationTokens(tool, tally.Meter) : json.Tokens;
                bound += isMeasured ? json.UpperBound * 5L / 4 : IsKnownFamily ? json.UpperBound * 3L / 2 : json.UpperBound * 2L;
            }
        }

        // If this template omits the tools, another host's template may include them. The upper bound does.
        bool areBilled = areShown && !template.IgnoresTools;
        tally.AddTools(areBilled ? tokens : 0, areBilled || !_isInLibrary ? bound : 0);
    }

    private void TallyContents(RequestTally tally, IList<AIContent> contents)
    {
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case TextContent text:
                    tally.AddText(text.Text);
                    break;
                case FunctionCallContent call:
                    tally.AddToolCall(template.Call);
                    tally.AddToolCall(call.Name);
                    tally.AddToolCall(RequestJson.OfArguments(call));
                    break;
                case FunctionResultContent result:
                    if (result.Result is IEnumerable<AIContent> parts)
                    {
                        TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
                    }
                    else
                    {
                        tally.AddToolCall(RequestJson.OfResult(result));
                    }

                    break;
                case TextReasoningContent reasoning:
                    // Templates remove the reasoning of earlier turns. The upper bound includes it, for hosts that keep it.
                    tally.AddContentMargin(tally.Meter.Measure(reasoning.Text).UpperBound);
                    break;
                default:
                    TallyMedia(tally, contents[index], media);
                    break;
            }
        }
    }
}
