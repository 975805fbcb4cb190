using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace MeaiBudget;

/// <summary>Finds every mistake in the options. Each message names the path and says what to write instead.</summary>
internal sealed class MeaiBudgetOptionsValidator(ConfigurationBinding binding, IServiceProvider services) : IValidateOptions<MeaiBudgetOptions>
{
    public ValidateOptionsResult Validate(string? name, MeaiBudgetOptions options)
    {
        var review = new ConfigurationReview(binding.Section.Path, new ConfigurationFacts(options, services));
        ProviderReview.Check(review);
        ModelReview.Check(review);
        BudgetReview.Check(review, binding.IsRunning);
        PriceReview.Check(review);
        LedgerReview.Check(review);
        OptionsReview.Check(review);
        return review.Problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(review.Problems.Select(problem => problem.ToString()));
    }
}

/// <summary>Collects the mistakes that the reviews find.</summary>
internal sealed class ConfigurationReview(string path, ConfigurationFacts facts)
{
    private readonly List<ConfigurationProblem> _problems = [.. facts.Options.Unreadable];

    /// <summary>Gets the path of the section.</summary>
    public string Root { get; } = path;

    public ConfigurationFacts Facts { get; } = facts;

    public MeaiBudgetOptions Options => Facts.Options;

    public IReadOnlyList<ConfigurationProblem> Problems => _problems;

    /// <summary>Adds a mistake at a path below the section, unless it only follows from a value that could not be read.</summary>
    public void Report(string relativePath, string message)
    {
        string full = PathOf(relativePath);
        if (!Options.Unreadable.Any(known => IsAtOrBelow(known.Path, full) || IsAtOrBelow(full, known.Path)))
        {
            // Any name or value may be an API key that was written to the wrong place.
            _problems.Add(new(SecretRedactor.Default.Redact(full), SecretRedactor.Default.Redact(message)));
        }
    }

    public string PathOf(string relativePath) => ConfigurationPath.Combine(Root, relativePath);

    /// <summary>True if the value at a path could not be read.</summary>
    public bool IsUnreadable(string relativePath)
    {
        string full = PathOf(relativePath);
        return Options.Unreadable.Any(known => IsAtOrBelow(known.Path, full));
    }

    private static bool IsAtOrBelow(string path, string other) =>
        path.StartsWith(other, StringComparison.OrdinalIgnoreCase) && (path.Length == other.Length || path[other.Length] == ':');
}
