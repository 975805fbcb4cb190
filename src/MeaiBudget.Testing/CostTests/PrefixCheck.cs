using System.Text.RegularExpressions;

namespace MeaiBudget.Testing;

/// <summary>Compares the beginnings of a scenario's requests, because providers read a repeated beginning from their cache for less.</summary>
internal static partial class PrefixCheck
{
    /// <summary>The shortest prefix that is cached, in tokens. OpenAI, Gemini 2.5 Flash and most models of Anthropic have this minimum; source: their pages on prompt caching, 2026-11-29.</summary>
    public const long LeastCachedTokens = 1024;

    private const int ExcerptBefore = 24;
    private const int ExcerptAfter = 24;

    /// <summary>Returns how many tokens of each request an earlier request to the same model began with, too.</summary>
    public static long[] SharedTokens(IReadOnlyList<MeasuredRequest> requests, IReadOnlyList<PartTokens> tokens)
    {
        long[] shared = new long[requests.Count];
        for (int later = 1; later < requests.Count; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                if (requests[earlier].Contents is { } before && requests[later].Contents is { } after && AreAlike(requests[earlier], requests[later]))
                {
                    (int segments, int characters) = Compare(before.Segments, after.Segments);
                    shared[later] = Math.Max(shared[later], TokensOf(after, tokens[later], segments, characters, requests[later].Model));
                }
            }
        }

        return shared;
    }

    /// <summary>Finds the requests that should begin as an earlier one, and do not.</summary>
    public static IReadOnlyList<PrefixBreak> Breaks(IReadOnlyList<CostCall> calls)
    {
        var breaks = new List<PrefixBreak>();
        PartTokens[] tokens = [.. calls.Select(call => PartTokens.Of(call.Source))];
        for (int later = 1; later < calls.Count; later++)
        {
            if (BreakOf(calls, tokens, later) is { } found)
            {
                breaks.Add(found);
            }
        }

        return breaks;
    }

    /// <summary>Finds the break of one request: where it stops to begin as the earlier request that it continues.</summary>
    private static PrefixBreak? BreakOf(IReadOnlyList<CostCall> calls, PartTokens[] tokens, int later)
    {
        if (calls[later].Source.Contents is not { } after)
        {
            return null;
        }

        // Concurrent conversations are sent in turns, so the nearest request may belong to another one.
        (int Earlier, int Expected)? best = null;
        (bool Continues, int Repeated, int Shared) bestRank = default;
        for (int earlier = later - 1; earlier >= 0; earlier--)
        {
            if (calls[earlier].Source.Contents is { } before && AreAlike(calls[earlier].Source, calls[later].Source) && ExpectedSegments(before, after) is { } expected)
            {
                (bool, int, int) rank = (IsContinued(before, after), Repeated(before, after), Compare(before.Segments, after.Segments).Segments);
                if (best is null || rank.CompareTo(bestRank) > 0)
                {
                    (best, bestRank) = ((earlier, expected), rank);
                }
            }
        }

        return best is { } found ? BreakOf(calls[found.Earlier], calls[later], tokens[found.Earlier], found.Expected) : null;
    }

    private static bool AreAlike(MeasuredRequest earlier, MeasuredRequest later) =>
        string.Equals(earlier.Model, later.Model, StringComparison.OrdinalIgnoreCase) && earlier.Provider == later.Provider
        && later.Contents is { IsPrompt: true };

    /// <summary>Returns how many segments of the earlier request the later one should begin with; null if they belong to different agents.</summary>
    private static int? ExpectedSegments(PromptContents before, PromptContents after)
    {
        bool continues = IsContinued(before, after) && Repeated(before, after) > 0;
        bool hasSameTools = ToolsOf(before).SetEquals(ToolsOf(after));
        bool hasBeginning = before.Segments.Any(segment => !IsConversation(segment));
        if (!AreSimilar(SystemOf(before), SystemOf(after)) || !(hasSameTools || continues) || !(hasBeginning || IsContinued(before, after)))
        {
            return null;
        }

        return IsContinued(before, after) && HasChangedConversation(before, after) ? before.Segments.Count : BeginningOf(before);
    }

    /// <summary>True if the later request can be a later turn of the earlier one: it is longer, by an answer at least.</summary>
    private static bool IsContinued(PromptContents before, PromptContents after) =>
        after.Segments.Skip(BeginningOf(after) + before.Segments.Count - BeginningOf(before)).Any(segment => segment.IsAnswer);

    /// <summary>
    /// True if the earlier conversation was repeated with a change in it. Otherwise it was repeated as it was, or the requests only share their
    /// first messages: examples, or a document about which several questions are asked.
    /// </summary>
    private static bool HasChangedConversation(PromptContents before, PromptContents after)
    {
        PromptSegment[] earlier = [.. before.Segments.Skip(BeginningOf(before))];
        PromptSegment[] later = [.. after.Segments.Skip(BeginningOf(after))];
        int same = Compare(earlier, later).Segments;
        if (same == earlier.Length)
        {
            // The beginning before it may have changed.
            return true;
        }

        return earlier[same].Part == PromptPart.Results
            || (earlier[same].Part != PromptPart.Media && AreSimilar(earlier[same].Text, later[same].Text))
            || Repeated(earlier.Skip(same + 1), later) > 0;
    }

    /// <summary>Returns how many segments of the earlier conversation are in the later one, too.</summary>
    private static int Repeated(PromptContents before, PromptContents after) =>
        Repeated(before.Segments.Skip(BeginningOf(before)), after.Segments.Skip(BeginningOf(after)));

    private static int Repeated(IEnumerable<PromptSegment> before, IEnumerable<PromptSegment> after)
    {
        HashSet<(PromptPart, string)> texts = [.. after.Select(segment => (segment.Part, segment.Text))];
        return before.Count(segment => texts.Contains((segment.Part, segment.Text)));
    }

    /// <summary>Returns the number of segments before the conversation: tools, schema, system.</summary>
    private static int BeginningOf(PromptContents contents) => contents.Segments.TakeWhile(segment => !IsConversation(segment)).Count();

    private static PrefixBreak? BreakOf(CostCall earlier, CostCall later, PartTokens tokens, int expected)
    {
        PromptContents before = earlier.Source.Contents!;
        PromptContents after = later.Source.Contents!;
        (int segments, int character) = Compare(before.Segments, after.Segments);
        if (segments >= expected)
        {
            return null;
        }

        PromptSegment? was = before.Segments.ElementAtOrDefault(segments);
        PromptSegment? became = after.Segments.ElementAtOrDefault(segments);
        long shared = TokensOf(before, tokens, segments, character, earlier.Model);
        long whole = TokensOf(before, tokens, expected, 0, earlier.Model);
        long lost = Cached(whole) - Cached(shared);
        return new PrefixBreak
        {
            Earlier = earlier.Number,
            Later = later.Number,
            Model = later.Model,
            Place = (became ?? was)!.Label,
            Character = character,
            Before = Excerpt(was?.Text, character),
            After = Excerpt(became?.Text, character),
            Reason = ReasonOf(before, after, was, became, character),
            SharedTokens = shared,
            LostTokens = lost,
            Cost = lost * Math.Max(0m, later.Rates.Input - later.Rates.Cached) / 1_000_000m,
        };
    }

    private static long Cached(long tokens) => tokens >= LeastCachedTokens ? tokens : 0;

    private static string ReasonOf(PromptContents before, PromptContents after, PromptSegment? was, PromptSegment? became, int character)
    {
        if (was?.Part == PromptPart.Tools || became?.Part == PromptPart.Tools)
        {
            HashSet<string> toolsBefore = ToolsOf(before);
            HashSet<string> toolsAfter = ToolsOf(after);
            if (!toolsBefore.SetEquals(toolsAfter))
            {
                string[] added = [.. toolsAfter.Except(toolsBefore).Order(StringComparer.Ordinal)];
                string[] removed = [.. toolsBefore.Except(toolsAfter).Order(StringComparer.Ordinal)];
                return added.Length > 0 ? $"the tool '{added[0]}' was added" : $"the tool '{removed[0]}' was removed";
            }

            return was?.Tool != became?.Tool ? "the tools are in another order" : $"the definition of the tool '{became?.Tool}' changed";
        }

        if (was is not null && became is not null && was.Part != PromptPart.Media
            && Volatile().IsMatch(Around(was.Text, character)) && Volatile().IsMatch(Around(became.Text, character)))
        {
            return (became.Part == PromptPart.System ? "the system prompt" : "the conversation") + " contains a date, a time or an id that changes";
        }

        return (became ?? was)?.Part switch
        {
            PromptPart.System => "the system prompt changed",
            PromptPart.Schema => "the response schema changed",
            _ => "an earlier part of the conversation changed",
        };
    }

    /// <summary>Returns the number of equal segments, and the number of equal characters in the next one.</summary>
    private static (int Segments, int Characters) Compare(IReadOnlyList<PromptSegment> before, IReadOnlyList<PromptSegment> after)
    {
        int count = Math.Min(before.Count, after.Count);
        for (int index = 0; index < count; index++)
        {
            if (before[index].Part != after[index].Part)
            {
                return (index, 0);
            }

            if (before[index].Text != after[index].Text)
            {
                return (index, before[index].Text.AsSpan().CommonPrefixLength(after[index].Text));
            }
        }

        return (count, 0);
    }

    private static long TokensOf(PromptContents contents, PartTokens tokens, int segments, int characters, string model)
    {
        long sum = tokens.Segments.Take(segments).Sum();
        return characters == 0 || contents.Segments[segments].Part == PromptPart.Media
            ? sum
            : sum + PartTokens.Count(model, contents.Segments[segments].Text.AsSpan(0, characters));
    }

    private static bool IsConversation(PromptSegment segment) => segment.Part is PromptPart.History or PromptPart.Results or PromptPart.Media;

    private static string SystemOf(PromptContents contents) =>
        string.Join('\n', contents.Segments.TakeWhile(segment => !IsConversation(segment)).Where(segment => segment.Part == PromptPart.System).Select(segment => segment.Text));

    private static HashSet<string> ToolsOf(PromptContents contents) =>
        contents.Segments.Where(segment => segment.Part == PromptPart.Tools).Select(segment => segment.Tool!).ToHashSet(StringComparer.Ordinal);

    /// <summary>True if two system prompts are versions of the same one: at least half of the shorter one is equal at its beginning and end.</summary>
    private static bool AreSimilar(string before, string after)
    {
        if (before == after)
        {
            return true;
        }

        int shorter = Math.Min(before.Length, after.Length);
        int start = before.AsSpan().CommonPrefixLength(after);
        int end = 0;
        while (end < shorter - start && before[^(end + 1)] == after[^(end + 1)])
        {
            end++;
        }

        return shorter > 0 && (start + end) * 2 >= shorter;
    }

    private static string Around(string text, int character)
    {
        int start = Math.Max(0, Math.Min(character, text.Length) - ExcerptBefore);
        return text[start..Math.Min(text.Length, character + ExcerptAfter)];
    }

    private static string Excerpt(string? text, int character)
    {
        if (text is null)
        {
            return "";
        }

        string excerpt = Around(SecretRedactor.Default.Redact(text) is { } redacted && redacted.Length == text.Length ? redacted : text, character);
        return SecretRedactor.Default.Redact(excerpt).ReplaceLineEndings(" ");
    }

    [GeneratedRegex(@"\d{4}-\d{2}-\d{2}|\d{1,2}[:.]\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}|\d{6,}|[0-9a-fA-F]{16,}", RegexOptions.CultureInvariant)]
    private static partial Regex Volatile();
}
