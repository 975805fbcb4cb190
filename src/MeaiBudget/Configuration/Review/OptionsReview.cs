using Microsoft.Extensions.Configuration;

namespace MeaiBudget;

/// <summary>Checks the options of the layers by the rules that their constructors use.</summary>
internal static class OptionsReview
{
    public static void Check(ConfigurationReview review)
    {
        MeaiBudgetOptions options = review.Options;
        Check(review, nameof(options.Admission), options.Admission.Check());
        Check(review, nameof(options.Retry), options.Retry.Check());
        Check(review, nameof(options.Circuit), options.Circuit.Check());
        Check(review, nameof(options.Estimation), options.Estimation.Check());
    }

    private static void Check(ConfigurationReview review, string section, OptionRules rules)
    {
        foreach (OptionMistake mistake in rules.Mistakes)
        {
            review.Report(ConfigurationPath.Combine(section, mistake.Name), mistake.Message);
        }
    }
}
