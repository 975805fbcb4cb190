using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Derives other forms of a model id from its text. Does not use prices.</summary>
internal static partial class ModelIdForms
{
    private static readonly string[] BedrockRegions = ["us-gov", "us", "eu", "apac", "jp", "au", "ca", "global"];

    private static readonly string[] DearerKinds =
        ["pro", "ultra", "max", "heavy", "large", "fast", "priority", "image", "imagine", "audio", "realtime", "live", "tts", "transcribe", "speech", "voice", "video", "search", "research"];

    private static readonly string[] BedrockMakers =
        ["anthropic", "amazon", "meta", "mistral", "deepseek", "openai", "cohere", "ai21", "qwen", "google", "minimax", "moonshot", "moonshotai", "nvidia", "writer", "zai", "xai", "twelvelabs"];

    /// <summary>Removes known prefixes from the left, one at a time, and reads the region from them.</summary>
    internal static IEnumerable<ModelIdForm> WithoutPrefixes(ModelIdForm form)
    {
        string id = form.Id;
        string? provider = form.Provider;
        string? region = form.Region;
        bool known = true;
        bool isOpen = false;

        // arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-...
        if (id.StartsWith("arn:", StringComparison.OrdinalIgnoreCase) && id.LastIndexOf('/') is > 0 and var last)
        {
            yield return new ModelIdForm(id[(last + 1)..], ProviderNames.Bedrock, region);
            yield break;
        }

        // projects/p/locations/us-east5/publishers/anthropic/models/claude-...
        if (id.Contains("publishers/", StringComparison.OrdinalIgnoreCase) && VertexPath().Match(id) is { Success: true } path)
        {
            yield return new ModelIdForm(path.Groups["model"].Value, ProviderNames.Vertex, path.Groups["region"] is { Success: true } found ? found.Value : region);
            yield break;
        }

        while (true)
        {
            int slash = id.IndexOf('/');
            int colon = id.IndexOf(':');
            int cut = slash >= 0 ? slash : colon > 0 && ProviderNames.IsKnown(id[..colon]) ? colon : -1;
            if (cut < 0 || cut == id.Length - 1)
            {
                yield break;
            }

            string prefix = id[..cut];
            id = id[(cut + 1)..];
            if (ProviderNames.IsKnown(prefix))
            {
                string? named = ProviderNames.Canonical(prefix);
                isOpen = isOpen || (ProviderNames.IsOrganization(prefix) && !ProviderNames.HasOwnPrices(provider) && provider != named && !ProviderNames.SellsOnlyItself(named, id));
                if (ProviderNames.HasOwnPrices(provider) && named != provider)
                {
                    // The prefix names the maker. The price is the host's own, or the maker's if it sells at the same price everywhere.
                    yield return new ModelIdForm(id, provider, region) { IsGuess = !known };
                    known = known && ProviderNames.PassesPricesOn(provider) && ProviderNames.SellsOnlyItself(named, id);
                }

                provider = named;
            }
            else if (CloudRegion().IsMatch(prefix) && provider is not null)
            {
                region = prefix.ToLowerInvariant();
            }
            else if (prefix is not ("models" or "converse" or "invoke" or "responses" or "chat" or "deployments" or "accounts" or "tunedModels"))
            {
                known = false;
            }

            yield return new ModelIdForm(id, provider, region) { IsGuess = !known, IsOpenRepository = isOpen };
        }
    }

    /// <summary>Removes the region of a Bedrock profile, the version suffix and the maker's prefix.</summary>
    internal static IEnumerable<ModelIdForm> OfBedrock(ModelIdForm form)
    {
        // The patterns are only used where they may match: in a new process, preparing them takes longer than a whole look-up.
        if (form.Provider != ProviderNames.Bedrock && !BeginsAsOnBedrock(form.Id))
        {
            yield break;
        }

        Match match = BedrockId().Match(form.Id);
        if (!match.Success || (!match.Groups["region"].Success && !match.Groups["maker"].Success && form.Provider != ProviderNames.Bedrock))
        {
            yield break;
        }

        string? region = match.Groups["region"].Success ? match.Groups["region"].Value.ToLowerInvariant() : form.Region;
        string maker = match.Groups["maker"].Value;
        string name = match.Groups["name"].Value;
        string version = match.Groups["version"].Value;
        ModelIdForm bedrock = form with { Provider = ProviderNames.Bedrock, Region = region };
        yield return bedrock with { Id = maker + name + version };
        if (version.Length > 0)
        {
            yield return bedrock with { Id = maker + name };
        }

        if (maker.Length > 0)
        {
            yield return bedrock with { Id = name };

            // The maker's own list price is a guess, because the platform may charge more.
            yield return new ModelIdForm(name, ProviderNames.Canonical(maker.TrimEnd('.')), region) { IsGuess = true };
        }
    }

    /// <summary>Removes a mark of the context window that clients add (<c>claude-sonnet-4-5[1m]</c>); returns null if there is none.</summary>
    internal static string? WithoutWindow(string id) => id.EndsWith(']') && id.LastIndexOf('[') is > 0 and var mark ? id[..mark] : null;

    /// <summary>Removes a date or a three-digit version at the end; returns null if there is none.</summary>
    internal static string? WithoutDate(string id)
    {
        if (id.Length == 0 || (!char.IsAsciiDigit(id[^1]) && !id.EndsWith("@default", StringComparison.Ordinal)))
        {
            return null;
        }

        if (WholeDateLength(id) is > 0 and var length)
        {
            return length < id.Length ? id[..^length] : null;
        }

        Match match = DateSuffix().Match(id);
        return match is { Success: true, Index: > 0 } ? id[..match.Index] : null;
    }

    /// <summary>Returns the whole date at the end of an id as a number such as 20251101; null if there is none.</summary>
    internal static int? DateOf(string id)
    {
        int length = WholeDateLength(id);
        int date = 0;
        foreach (char letter in id.AsSpan(id.Length - length))
        {
            date = char.IsAsciiDigit(letter) ? (10 * date) + letter - '0' : date;
        }

        return length == 0 ? null : date;
    }

    /// <summary>Returns the length of <c>-2025-11-01</c> or <c>-20251101</c> at the end of an id, with the character before it; zero if there is none.</summary>
    private static int WholeDateLength(string id) => EndsWith(id, "?20##-##-##") ? 11 : EndsWith(id, "?20######") ? 9 : 0;

    private static bool EndsWith(string id, string form)
    {
        if (id.Length < form.Length || id[^form.Length] is not ('-' or '@' or ':'))
        {
            return false;
        }

        for (int i = 1; i < form.Length; i++)
        {
            char letter = id[id.Length - form.Length + i];
            if (form[i] == '#' ? !char.IsAsciiDigit(letter) : letter != form[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns the word in the rest of an id, after that of a listed model, that names a kind of model which costs several times as much, or null.</summary>
    /// <remarks>Published examples: <c>gpt-5-pro</c> has 12 times the price of <c>gpt-5</c>, <c>gemini-2.5-flash-image</c> 12 times that of its base.</remarks>
    internal static string? DearerKindOf(ReadOnlySpan<char> rest)
    {
        foreach (Range part in rest.SplitAny("-:@_. "))
        {
            foreach (string kind in DearerKinds)
            {
                if (rest[part].Equals(kind, StringComparison.OrdinalIgnoreCase))
                {
                    return kind;
                }
            }
        }

        return null;
    }

    private static bool BeginsAsOnBedrock(string id)
    {
        int dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && (Array.Exists(BedrockRegions, region => id.AsSpan(0, dot).Equals(region, StringComparison.OrdinalIgnoreCase))
            || Array.Exists(BedrockMakers, maker => id.AsSpan(0, dot).Equals(maker, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Returns the base (<c>ft:gpt-4o-2024-08-06</c>) of a fine-tuned model's id, which has its own price; null for other ids.</summary>
    internal static string? FineTunedBase(string id)
    {
        if (!id.StartsWith("ft:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        int end = id.IndexOf(':', 3);
        return end < 0 ? null : id[..end];
    }

    /// <summary>Returns the normal form of an id without the makers, hosts and folders before it.</summary>
    internal static string Name(string id) => Normal(id[(id.LastIndexOf('/') + 1)..]);

    /// <summary>Returns the same text for ids that differ only in punctuation, in <c>-latest</c> after a version, or in the order of name and version.</summary>
    /// <remarks>An id without any version, such as <c>gemini-pro-latest</c>, keeps its <c>-latest</c>: it is another model than <c>gemini-pro</c>.</remarks>
    internal static string Normal(string id)
    {
        Span<char> normal = id.Length <= 128 ? stackalloc char[id.Length] : new char[id.Length];
        bool hasVersion = false;
        for (int i = 0; i < id.Length; i++)
        {
            char character = char.ToLowerInvariant(id[i]);
            hasVersion = hasVersion || char.IsAsciiDigit(character);
            normal[i] = character is '.' or '_' ? '-' : character;
        }

        const int LatestLength = 7;
        if (hasVersion && normal.EndsWith("latest") && normal.Length > LatestLength && normal[^LatestLength] is '-' or '@' or ':')
        {
            normal = normal[..^LatestLength];
        }

        if (normal.IndexOf("gpt-35") >= 0)
        {
            return normal.ToString().Replace("gpt-35", "gpt-3-5", StringComparison.Ordinal);
        }

        return normal.StartsWith("claude-") && normal.Length > 8 && char.IsAsciiDigit(normal[7]) ? VersionLast(normal) : normal.ToString();
    }

    /// <summary>Turns <c>claude-4-5-sonnet</c> into <c>claude-sonnet-4-5</c>.</summary>
    private static string VersionLast(ReadOnlySpan<char> id)
    {
        int end = id.Length > 10 && id[8] == '-' && char.IsAsciiDigit(id[9]) ? 10 : 8;
        ReadOnlySpan<char> rest = id[end..];
        foreach (string family in (ReadOnlySpan<string>)["opus", "sonnet", "haiku", "fable"])
        {
            if (rest.Length > family.Length && rest[0] == '-' && rest[1..].StartsWith(family))
            {
                return $"claude-{family}-{id[7..end]}{rest[(family.Length + 1)..]}";
            }
        }

        return id.ToString();
    }

    [GeneratedRegex(@"^(?:projects/[^/]+/)?(?:locations/(?<region>[^/]+)/)?publishers/[^/]+/models/(?<model>[^/]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex VertexPath();

    [GeneratedRegex(@"^(?:[a-z]{2,4}(?:-gov)?-[a-z]+-?\d{1,2}|us|eu|uk|apac|jp|au|ca|global|global-standard|us-gov)$", RegexOptions.IgnoreCase)]
    private static partial Regex CloudRegion();

    // The regions and makers are those of the lists above.
    [GeneratedRegex(@"^(?:(?<region>us-gov|us|eu|apac|jp|au|ca|global)\.)?(?<maker>(?:anthropic|amazon|meta|mistral|deepseek|openai|cohere|ai21|qwen|google|minimax|moonshot|moonshotai|nvidia|writer|zai|xai|twelvelabs)\.)?(?<name>[^.:/].*?)(?<version>(?:-v\d+)?(?::\d+)?)$", RegexOptions.IgnoreCase)]
    private static partial Regex BedrockId();

    [GeneratedRegex(@"(?:[-@:](?:\d{4}-\d{2}-\d{2}|20\d{6}|\d{2}-20\d{2})(?:-v\d+)?|-(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|-00\d|@default)$")]
    private static partial Regex DateSuffix();
}
