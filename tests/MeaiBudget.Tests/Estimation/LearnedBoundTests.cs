using CsCheck;

namespace MeaiBudget.Tests;

/// <summary>Bounds after learning from some projects must hold for others, whatever those send.</summary>
public class LearnedBoundTests
{
    private const int Requests = 40;

    /// <summary>A project: its languages and tools. The host's hidden prompt is the same for all projects.</summary>
    private sealed record Project(double TextError, int ToolSet, bool IsForeign, int Seed);

    private static readonly Gen<Project> Projects = Gen.Select(
        Gen.Double[-1, 1], Gen.Int[0, 5], Gen.Bool, Gen.Int,
        (text, set, foreign, seed) => new Project(text, set, foreign, seed));

    [Fact]
    public void O11_ABoundThatHoldsBeforeLearningHoldsAfterLearningFromOtherProjects() =>
        Gen.Select(Projects.Array[1, 4], Projects.Array[1, 4], Gen.Int[0, 240]).Sample(
            (teachers, others, hidden) =>
            {
                var learning = new TokenLearning(64);
                foreach (Project teacher in teachers)
                {
                    ForEach(teacher, hidden, (request, reported) => learning.Observe(request, reported, 10));
                }

                int broken = 0;
                foreach (Project other in others)
                {
                    ForEach(other, hidden, (request, reported) => broken += learning.Correct(request).UpperBound < reported ? 1 : 0);
                }

                // Of up to 160 requests 0.3 % is less than one.
                Assert.Equal(0, broken);
            },
            iter: 150);

    [Fact]
    public void O12_BoundsOfTheSameProjectBecomeTight() =>
        Gen.Select(Projects.Select(project => project with { TextError = project.TextError / 2 }), Gen.Int[0, 100]).Sample(
            (project, hidden) =>
            {
                var learning = new TokenLearning(64);
                ForEach(project, hidden, (request, reported) => learning.Observe(request, reported, 10));
                double before = 0;
                double after = 0;
                ForEach(project, hidden, (request, reported) =>
                {
                    before += request.UpperBound;
                    after += learning.Correct(request).UpperBound;
                });
                Assert.True(after < before);
            },
            iter: 150);

    // The uncertainty of a text is a tenth of it, or a third in another language; that of tools is 60 tokens, and the host adds up to 240.
    private static void ForEach(Project project, int hidden, Action<RequestObservation, long> act)
    {
        var random = new System.Random(project.Seed);
        for (int index = 0; index < Requests; index++)
        {
            long tokens = 10 + (long)Math.Pow(10, 1 + (2.5 * random.NextDouble()));
            long contentMargin = tokens / (project.IsForeign ? 3 : 10);
            bool hasTools = project.ToolSet > 0;
            RequestShape shape = (hasTools, project.IsForeign) switch
            {
                (true, true) => RequestShape.ForeignTools,
                (true, false) => RequestShape.Tools,
                (false, true) => RequestShape.ForeignText,
                _ => RequestShape.Text,
            };
            var request = new RequestObservation("m", "host", shape, hasTools ? project.ToolSet : 0, tokens, contentMargin, hasTools ? 60 : 0, RuleMargin: 240);

            // Tools with the same fingerprint have the same error.
            double toolError = new System.Random(project.ToolSet).NextDouble();
            act(request, Math.Max(1, tokens + hidden + (long)(contentMargin * project.TextError) + (hasTools ? (long)(60 * toolError) : 0)));
        }
    }
}
