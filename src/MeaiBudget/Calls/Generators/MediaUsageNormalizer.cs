using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Says of a generator's tokens what they are, where its usage does not: sound in, pictures out and so on have prices of their own.</summary>
/// <param name="inner">What reads the usage.</param>
/// <param name="name">Names the tokens.</param>
internal sealed class MediaUsageNormalizer(IUsageNormalizer? inner, Func<BillableUsage, BillableUsage> name) : IUsageNormalizer
{
    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation) =>
        name((inner ?? UsageNormalizer.Default).Normalize(usage, rawRepresentation));

    public static IUsageNormalizer PicturesOut(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.OutputImageTokens > 0 ? usage : usage with { OutputImageTokens = usage.OutputTokens });

    public static IUsageNormalizer SoundIn(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.InputAudioTokens > 0 ? usage : usage with { InputAudioTokens = usage.InputTokens });

    public static IUsageNormalizer SoundOut(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.OutputAudioTokens > 0 ? usage : usage with { OutputAudioTokens = usage.OutputTokens });

    private static IUsageNormalizer? InnerOf(Func<Type, object?, object?> services) => services(typeof(IUsageNormalizer), null) as IUsageNormalizer;
}
