using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace MeaiBudget;

/// <summary>Reads <see cref="MeaiBudgetOptions"/> from a configuration section: what can be read into the options, the rest into the list of mistakes.</summary>
internal sealed class ConfigurationBinding(IConfigurationSection section) : IConfigureOptions<MeaiBudgetOptions>
{
    /// <summary>Gets the section.</summary>
    public IConfigurationSection Section { get; } = section;

    public void Configure(MeaiBudgetOptions options)
    {
        IConfiguration readable = ConfigurationShape.Check(Section, out IReadOnlyList<ConfigurationProblem> problems);
        options.Unreadable = problems;
        readable.Bind(options);
        foreach ((string name, ModelSettings model) in options.Models)
        {
            // The binder takes an empty list for none, and [] means nobody.
            if (model.Fallback is null && readable[$"{nameof(options.Models)}:{name}:{nameof(model.Fallback)}"] is not null)
            {
                model.Fallback = [];
            }
        }
    }
}
