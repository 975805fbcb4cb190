using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Converts the parts of a request to tokens for one family of models. Stateless and thread-safe.</summary>
internal abstract class RequestRules
{
    // Margin of the upper bound for content of unknown type, and for settings that exist only in a raw request.
    private const int UnknownContentMargin = 128;
    private const int RawRequestMargin = 16;

    /// <summary>True if the text framing follows a published or verified formula, so that the count of a text request is exact.</summary>
    public virtual bool HasExactTextFraming => false;

    /// <summary>True if the count of a request with tools is exact, too.</summary>
    public virtual bool HasExactTools => false;

    /// <summary>Adds all parts of the request to the tally.</summary>
    public abstract void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options);

    /// <summary>Sets flags for input that the request does not contain, for any model.</summary>
    public static void FlagUnseen(RequestTally tally, ChatOptions? options)
    {
        if (options is null)
        {
            return;
        }

        if (options.ConversationId is not null || options.ContinuationToken is not null)
        {
            tally.Flags |= TokenEstimateFlags.ServerSideHistory;
        }

        if (options.RawRepresentationFactory is not null)
        {
            tally.Flags |= TokenEstimateFlags.RawRequest;
            tally.AddContentMargin(RawRequestMargin);
        }

        for (int index = 0; index < options.Tools?.Count; index++)
        {
            if (options.Tools[index] is not AIFunctionDeclaration)
            {
                tally.Flags |= TokenEstimateFlags.ServerTools;
            }
        }
    }

    /// <summary>Adds an image, document or audio content; sets a flag if there is no rule for it or its size is unknown.</summary>
    protected static void TallyMedia(RequestTally tally, AIContent content, MediaRules media)
    {
        switch (content)
        {
            case HostedFileContent or HostedVectorStoreContent:
                tally.Flags |= TokenEstimateFlags.HostedFiles;
                break;
            case DataContent data when TextOf(data) is { } text:
                // A file of text: providers pass its text on, with its name or a heading.
                tally.Flags |= TokenEstimateFlags.UnknownContent;
                tally.AddContentMargin(UnknownContentMargin);
                tally.AddText(text);
                break;
            case DataContent data:
                MediaTokens known = media.Count(data);
                tally.AddMedia(known.Tokens, known.UpperBound);
                tally.Flags |= known.Flags;
                break;
            case UriContent uri:
                MediaTokens remote = media.Count(uri);
                tally.AddMedia(remote.Tokens, remote.UpperBound);
                tally.Flags |= remote.Flags;
                break;
            case UsageContent or ErrorContent:
                break;
            case not TextReasoningContent:
                TallyUnknown(tally, content);
                break;
        }
    }

    private static string? TextOf(DataContent data)
    {
        bool isText = data.HasTopLevelMediaType("text") || data.MediaType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || data.MediaType.StartsWith("application/xml", StringComparison.OrdinalIgnoreCase);
        return isText && Utf8.IsValid(data.Data.Span) && MediaKinds.Of(data.Data.Span, MediaKind.Other) == MediaKind.Other ? Encoding.UTF8.GetString(data.Data.Span) : null;
    }

    private static void TallyUnknown(RequestTally tally, AIContent content)
    {
        tally.Flags |= TokenEstimateFlags.UnknownContent;
        tally.AddContentMargin(UnknownContentMargin);
        if (RequestJson.OfUnknown(content) is { } json)
        {
            tally.AddText(json);
        }
    }
}
