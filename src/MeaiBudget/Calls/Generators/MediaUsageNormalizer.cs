using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Marks the tokens of a generator as audio or image tokens if its usage does not, because these tokens have separate prices.</summary>
/// <param name="inner">Normalizes the usage; <see langword="null"/> for the default.</param>
/// <param name="name">Marks the tokens.</param>
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
