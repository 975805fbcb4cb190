using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Makes a request fit for a candidate, on copies: the caller's objects stay as they are.</summary>
internal static class FittedRequest
{
    /// <summary>The options for a route: its model id, its ceiling, and for another provider nothing that only the first one understands.</summary>
    public static ChatOptions? Options(ChatOptions? options, ChatRoute route, bool isPrimary)
    {
        string? modelId = route.ModelIdFor(options?.ModelId, isPrimary);
        bool lowers = route.MaxOutputTokens is { } ceiling && options?.MaxOutputTokens > ceiling;
        bool dropsTemperature = route.RejectsTemperature && options?.Temperature is not null;
        bool isForeign = !isPrimary && options is not null
            && (options.RawRepresentationFactory is not null || options.Tools?.Any(IsHosted) == true);
        if (modelId == options?.ModelId && !lowers && !dropsTemperature && !isForeign)
        {
            return options;
        }

        ChatOptions fitted = options?.Clone() ?? new ChatOptions();
        fitted.ModelId = modelId;
        if (lowers)
        {
            fitted.MaxOutputTokens = route.MaxOutputTokens;
        }

        if (dropsTemperature)
        {
            fitted.Temperature = null;
        }

        if (isForeign)
        {
            fitted.RawRepresentationFactory = null;
            fitted.Tools = fitted.Tools is null ? null : [.. fitted.Tools.Where(tool => !IsHosted(tool))];
            if (fitted.Tools is { Count: 0 })
            {
                // A tool cannot be demanded where there is none.
                fitted.Tools = null;
                fitted.ToolMode = null;
            }
        }

        return fitted;
    }

    /// <summary>The messages for another provider: without reasoning, whose signatures only its maker accepts.</summary>
    public static IReadOnlyList<ChatMessage> Messages(IReadOnlyList<ChatMessage> messages)
    {
        if (!messages.Any(message => message.Contents.Any(content => content is TextReasoningContent)))
        {
            return messages;
        }

        var fitted = new List<ChatMessage>(messages.Count);
        foreach (ChatMessage message in messages)
        {
            ChatMessage copy = message.Clone();
            copy.RawRepresentation = null;
            copy.Contents = [.. message.Contents.Where(content => content is not TextReasoningContent)];
            if (copy.Contents.Count > 0)
            {
                fitted.Add(copy);
            }
        }

        return fitted;
    }

    /// <summary>What the request holds that a route cannot take, for a person; null if it can take everything.</summary>
    public static string? MissingCapability(IReadOnlyList<ChatMessage> messages, ChatOptions? options, ChatCapabilities capabilities)
    {
        if (capabilities == ChatCapabilities.All)
        {
            return null;
        }

        return !capabilities.HasFlag(ChatCapabilities.Tools) && options?.Tools is { Count: > 0 } && options.ToolMode is not NoneChatToolMode ? "tools"
            : !capabilities.HasFlag(ChatCapabilities.Vision) && HasMedia(messages, "image/") ? "images"
            : !capabilities.HasFlag(ChatCapabilities.Audio) && HasMedia(messages, "audio/") ? "audio"
            : !capabilities.HasFlag(ChatCapabilities.StructuredOutput) && options?.ResponseFormat is ChatResponseFormatJson { Schema: not null } ? "a response schema"
            : null;
    }

    /// <summary>Whether the messages name files by ids that only the provider knows that keeps them.</summary>
    public static bool HasHostedFiles(IReadOnlyList<ChatMessage> messages) =>
        messages.Any(message => message.Contents.Any(content => content is HostedFileContent or HostedVectorStoreContent));

    private static bool IsHosted(AITool tool) => tool is not AIFunctionDeclaration;

    private static bool HasMedia(IReadOnlyList<ChatMessage> messages, string type) =>
        messages.Any(message => message.Contents.Any(content => content switch
        {
            DataContent data => data.MediaType.StartsWith(type, StringComparison.OrdinalIgnoreCase),
            UriContent uri => uri.MediaType.StartsWith(type, StringComparison.OrdinalIgnoreCase),
            _ => false,
        }));
}
